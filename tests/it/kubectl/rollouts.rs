//! Scaling and rolling out.

use expect_test::expect;

use crate::support::kubectl::with_every_kubectl;

#[tokio::test]
async fn a_deployment_is_scaled() {
    with_every_kubectl("scaling", async |k| {
        k.ok("create deployment web --image=localhost/isopod/greeting").await;
        k.check("scale deployment web --replicas=3", expect!["deployment.apps/web scaled"]).await;
        k.ok("rollout status deployment/web").await;
        k.check("get deployment web", expect![[r#"
            NAME READY UP-TO-DATE AVAILABLE AGE
            web 3/3 3 3 AGE"#]]).await;
        k.check("scale deployment web --replicas=1 --current-replicas=9", expect![[r#"
            ! error: Expected replicas to be 9, was 3
            [exit 1]"#]]).await;
        k.check("scale deployment/web --replicas=0", expect!["deployment.apps/web scaled"]).await;
        k.ok("wait pods --all --for=delete --timeout=60s").await;
        k.check("get pods", expect!["! No resources found in HERE namespace."]).await;
        let nobody = k.run("scale deployment nobody --replicas=1").await;
        // Some versions say that nothing was passed, others that there is no such thing.
        assert_eq!((nobody.code, nobody.stdout.as_str()), (1, ""), "{nobody:?}");
        k.check("scale deployment web --replicas=-1", expect![[r#"
            ! error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0
            [exit 1]"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn an_image_is_rolled_out_and_back() {
    with_every_kubectl("rolling", async |k| {
        k.ok("create deployment web --image=localhost/isopod/greeting --replicas=2").await;
        k.ok("rollout status deployment/web").await;
        k.check(
            "set image deployment/web greeting=localhost/isopod/tcp-echo",
            expect!["deployment.apps/web image updated"],
        )
        .await;
        let status = k.ok("rollout status deployment/web").await;
        assert!(status.ends_with("deployment \"web\" successfully rolled out\n"), "{status}");
        k.check(
            "rollout history deployment/web",
            expect![[r#"
            deployment.apps/web
            REVISION CHANGE-CAUSE
            1 <none>
            2 <none>"#]],
        )
        .await;
        let revision = k.ok("rollout history deployment/web --revision=2").await;
        assert!(revision.contains("localhost/isopod/tcp-echo"), "{revision}");

        k.check("rollout undo deployment/web", expect!["deployment.apps/web rolled back"]).await;
        k.ok("rollout status deployment/web").await;
        let image = "get deployment web -o jsonpath={.spec.template.spec.containers[0].image}";
        k.check(image, expect!["localhost/isopod/greeting"]).await;
        k.check(
            "rollout history deployment/web",
            expect![[r#"
            deployment.apps/web
            REVISION CHANGE-CAUSE
            2 <none>
            3 <none>"#]],
        )
        .await;
        k.check(
            "rollout undo deployment/web --to-revision=2",
            expect!["deployment.apps/web rolled back"],
        )
        .await;
        k.ok("rollout status deployment/web").await;
        k.check(image, expect!["localhost/isopod/tcp-echo"]).await;
        k.check(
            "rollout undo deployment/web --to-revision=77",
            expect![[r#"
            ! error: unable to find specified revision 77 in history
            [exit 1]"#]],
        )
        .await;

        k.check("rollout restart deployment/web", expect!["deployment.apps/web restarted"]).await;
        k.ok("rollout status deployment/web").await;
        k.check(
            "get deployment web",
            expect![[r#"
            NAME READY UP-TO-DATE AVAILABLE AGE
            web 2/2 2 2 AGE"#]],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_paused_rollout_waits_to_be_resumed() {
    with_every_kubectl("pausing", async |k| {
        k.ok("create deployment web --image=localhost/isopod/greeting").await;
        k.ok("rollout status deployment/web").await;
        k.check("rollout pause deployment/web", expect!["deployment.apps/web paused"]).await;
        k.check("rollout pause deployment/web", expect![[r#"
            ! error: deployments.apps "web" is already paused
            [exit 1]"#]]).await;
        k.check("rollout restart deployment/web", expect![[r#"
            ! error: deployments.apps "web" can't restart paused deployment (run rollout resume first)
            [exit 1]"#]]).await;
        k.check("set image deployment/web greeting=localhost/isopod/tcp-echo", expect!["deployment.apps/web image updated"]).await;
        k.check("set env deployment/web GREETING=later", expect!["deployment.apps/web env updated"]).await;
        k.check("get replicasets -o name", expect!["replicaset.apps/web-HASH"]).await;
        k.check("rollout resume deployment/web", expect!["deployment.apps/web resumed"]).await;
        k.ok("rollout status deployment/web").await;
        let replicas = "get replicasets -o custom-columns=WANTED:.spec.replicas --sort-by=.spec.replicas --no-headers";
        k.check(replicas, expect![[r#"
            0
            1"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn a_rollout_that_cannot_succeed_keeps_the_old_pods() {
    with_every_kubectl("stuck", async |k| {
        k.ok("create deployment web --image=localhost/isopod/greeting --replicas=2").await;
        k.ok("rollout status deployment/web").await;
        k.ok("patch deployment web -p '{\"spec\":{\"progressDeadlineSeconds\":5}}'").await;
        k.ok("set image deployment/web greeting=nginx").await;
        let stuck = k.run("rollout status deployment/web").await;
        assert_eq!(stuck.code, 1, "{}", stuck.stdout);
        assert_eq!(stuck.stderr.trim(), "error: deployment \"web\" exceeded its progress deadline");
        k.until("get deployment web -o jsonpath={.status.updatedReplicas}", "1").await;
        k.check(
            "get deployment web",
            expect![[r#"
            NAME READY UP-TO-DATE AVAILABLE AGE
            web 2/2 1 2 AGE"#]],
        )
        .await;
        k.ok("patch deployment web -p '{\"spec\":{\"progressDeadlineSeconds\":600}}'").await;
        k.ok("rollout undo deployment/web").await;
        k.ok("rollout status deployment/web").await;
    })
    .await;
}
