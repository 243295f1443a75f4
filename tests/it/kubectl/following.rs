//! Watches and logs.

use expect_test::expect;

use crate::support::kubectl::with_every_kubectl;
use crate::support::normal::normal;

const JOB: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: job}
spec:
  restartPolicy: Never
  containers:
  - name: work
    image: localhost/isopod/batch
    imagePullPolicy: Never
    env: [{name: STEPS, value: "5"}, {name: STEP_MILLIS, value: "1000"}]
"#;

/// A pod that goes nowhere.
const GATED: &str = "
apiVersion: v1
kind: Pod
metadata: {name: gated}
spec:
  schedulingGates: [{name: test.isopod.dev/kept}]
  containers: [{name: c, image: localhost/isopod/batch}]
";

#[tokio::test]
async fn a_watch_shows_each_change_as_it_happens() {
    with_every_kubectl("watching", async |k| {
        k.ok("create configmap seen --from-literal=a=1").await;
        let mut watch = k.follow("get configmaps --watch --output-watch-events -l app=x -o wide");
        k.ok("label configmap seen app=x").await;
        let lines = watch.until("ADDED").await;
        assert_eq!(normal(&lines.join("\n")), "EVENT NAME DATA AGE\nADDED seen 1 AGE");
        k.ok("patch configmap seen --type=merge -p '{\"data\":{\"b\":\"2\"}}'").await;
        let lines = watch.until("MODIFIED").await;
        assert_eq!(normal(&lines.join("\n")), "MODIFIED seen 2 AGE");
        k.ok("label configmap seen app-").await;
        watch.until("DELETED").await;

        k.apply(GATED).await;
        let mut pods = k.follow("get pods -w");
        // Now that it shows what there is, it will show what comes.
        pods.until("gated").await;
        k.apply(JOB).await;
        let lines = pods.until("Completed").await.join("\n");
        for state in ["Pending", "Running", "Completed"] {
            assert!(lines.contains(state), "no {state} in {lines}");
        }
    })
    .await;
}

#[tokio::test]
async fn logs_are_followed_to_the_end() {
    with_every_kubectl("logging", async |k| {
        k.apply(JOB).await;
        // It runs, or has ended.
        k.until("get pod job -o jsonpath={.status.containerStatuses[0].state}", "startedAt").await;
        let follow = k.run("logs -f job").await;
        k.compare(&follow, expect![[r#"
            step 1 of 5
            step 2 of 5
            step 3 of 5
            step 4 of 5
            step 5 of 5
            done, exit code 0"#]]);
        k.check("logs job", expect![[r#"
            step 1 of 5
            step 2 of 5
            step 3 of 5
            step 4 of 5
            step 5 of 5
            done, exit code 0"#]]).await;
        k.check("logs job --tail=1", expect!["done, exit code 0"]).await;
        k.check("logs pod/job -c work --tail=2", expect![[r#"
            step 5 of 5
            done, exit code 0"#]]).await;
        k.check("logs job --limit-bytes=6", expect!["step 1"]).await;
        k.check("logs job --since=1h --tail=1 --timestamps", expect!["TIME done, exit code 0"]).await;
        k.check("logs job --previous", expect![[r#"
            ! Error from server (BadRequest): previous terminated container "work" in pod "job" not found
            [exit 1]"#]]).await;
        let other = k.run("logs job -c other").await;
        let text = "error: container other is not valid for pod job";
        assert!(other.code == 1 && other.stderr.starts_with(text), "{other:?}");
        let nobody = k.run("logs nobody").await;
        assert!(nobody.code == 1 && nobody.stderr.contains("pods \"nobody\" not found"), "{nobody:?}");
    })
    .await;
}

#[tokio::test]
async fn a_crash_leaves_its_log_behind() {
    with_every_kubectl("crashing", async |k| {
        k.ok("run crash --image=localhost/isopod/batch --env=STEPS=1 --env=STEP_MILLIS=1 --env=EXIT_CODE=7").await;
        // How often it has crashed when somebody looks is not promised.
        let table = normal(&k.until("get pod crash", "CrashLoopBackOff").await);
        let (before, after) = table.split_once(" CrashLoopBackOff ").expect("it is a column");
        let (restarts, after) = after.split_once(' ').expect("there are more columns");
        assert!(restarts.parse::<u32>().is_ok_and(|restarts| restarts >= 1), "{table}");
        assert_eq!(before, "NAME READY STATUS RESTARTS AGE\ncrash 0/1");
        assert_eq!(after, "(AGE ago) AGE");
        k.check("logs crash --previous", expect![[r#"
            step 1 of 1
            done, exit code 7"#]]).await;
        k.check(
            "get pod crash -o jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}",
            expect!["7"],
        )
        .await;
        k.until("get events", "Back-off restarting failed container crash in pod crash").await;
    })
    .await;
}

#[tokio::test]
async fn logs_of_a_deployment_come_from_one_of_its_pods() {
    with_every_kubectl("logs-of", async |k| {
        k.ok("create deployment one --image=localhost/isopod/greeting").await;
        k.ok("rollout status deployment/one").await;
        k.until("logs deployment/one", "listening on 0.0.0.0:8080").await;
        k.check(
            "logs -l app=one --prefix",
            expect!["[pod/one-HASH-XXXXX/greeting] listening on 0.0.0.0:8080"],
        )
        .await;
        let mut follow = k.follow("logs -f deployment/one");
        follow.until("listening").await;
        k.ok("delete deployment one --wait=false").await;
        assert_eq!(follow.ended().await, 0, "the log ends with its container");
    })
    .await;
}
