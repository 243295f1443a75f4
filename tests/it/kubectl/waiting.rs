//! Waiting for conditions, fields and ends.

use expect_test::expect;

use crate::support::kubectl::with_every_kubectl;

#[tokio::test]
async fn waiting_ends_when_what_was_waited_for_is_so() {
    with_every_kubectl("waiting", async |k| {
        k.ok("create deployment web --image=localhost/isopod/greeting --replicas=2").await;
        k.check(
            "wait deployment/web --for=condition=Available --timeout=60s",
            expect!["deployment.apps/web condition met"],
        )
        .await;
        k.check(
            "wait pod -l app=web --for=condition=Ready --timeout=60s",
            expect![[r#"
            pod/web-HASH-XXXXX condition met
            pod/web-HASH-XXXXX condition met"#]],
        )
        .await;
        k.check(
            "wait deployment/web --for=jsonpath={.status.readyReplicas}=2 --timeout=60s",
            expect!["deployment.apps/web condition met"],
        )
        .await;
        k.ok("run once --image=localhost/isopod/batch --restart=Never").await;
        k.check(
            "wait pod/once --for=jsonpath={.status.phase}=Succeeded --timeout=60s",
            expect!["pod/once condition met"],
        )
        .await;
        k.check(
            "wait pod/once --for=condition=Ready --timeout=1ms",
            expect![[r#"
            ! error: timed out waiting for the condition on pods/once
            [exit 1]"#]],
        )
        .await;
        k.ok("delete pod once --wait=false").await;
        k.ok("wait pod/once --for=delete --timeout=60s").await;
        k.check("wait pod/once --for=delete --timeout=60s", expect![]).await;
        k.check(
            "wait pod/once --for=condition=Ready --timeout=1s",
            expect![[r#"
            ! Error from server (NotFound): pods "once" not found
            [exit 1]"#]],
        )
        .await;
    })
    .await;
}
