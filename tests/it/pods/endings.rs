//! How containers end and what follows.

use kube::api::LogParams;

use crate::support::cluster::Cluster;
use crate::support::space::{Space, container, phase, waiting};

fn batch(name: &str, restart_policy: &str, code: u8) -> String {
    format!(
        r"
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  restartPolicy: {restart_policy}
  containers:
  - name: c
    image: localhost/isopod/batch
    env: [{{name: STEPS, value: '1'}}, {{name: STEP_MILLIS, value: '1'}}, {{name: EXIT_CODE, value: '{code}'}}]
"
    )
}

#[tokio::test]
async fn exit_codes_become_phases() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "phases").await;
    for (name, policy, code, reason, last) in [
        ("good", "Never", 0, "Completed", "Succeeded"),
        ("bad", "Never", 3, "Error", "Failed"),
        ("good-enough", "OnFailure", 0, "Completed", "Succeeded"),
    ] {
        space.apply(&batch(name, policy, code)).await;
        assert_eq!(space.ended(name).await, (i32::from(code), reason.to_owned()));
        let pod = space.pod(name, |pod| phase(pod) == last).await;
        assert_eq!(container(&pod, 0).restart_count, 0);
    }
}

#[tokio::test]
async fn what_crashes_is_started_again_and_then_waits() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "back-off").await;
    for (name, policy, code) in [("failing", "OnFailure", 9), ("ending", "Always", 0)] {
        space.apply(&batch(name, policy, code)).await;
        let pod = space.pod(name, |pod| waiting(pod) == "CrashLoopBackOff").await;
        let status = container(&pod, 0);
        let restarts = status.restart_count;
        assert!(restarts >= 1, "{name}: the first restart is immediate");
        let last = status.last_state.and_then(|state| state.terminated).expect("it ended before");
        assert_eq!(last.exit_code, i32::from(code));
        assert_eq!(phase(&pod), "Running");
        let waiting = status.state.and_then(|state| state.waiting).expect("it waits");
        let message = waiting.message.unwrap_or_default();
        // The first pause may have been over before anybody looked.
        let start = if restarts == 1 { "back-off 10s restarting" } else { "back-off " };
        assert!(message.starts_with(start), "{message}");
        assert!(message.contains(" restarting failed container=c"), "{message}");
        let previous = LogParams { previous: true, ..LogParams::default() };
        let log = space.logs_of(name, &previous).await;
        assert!(log.ends_with(&format!("done, exit code {code}\n")), "{log}");
    }
}

#[tokio::test]
async fn init_containers_run_one_after_the_other_and_first() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "first-things").await;
    let init = |name: &str, code: u8| {
        format!(
            "{{name: {name}, image: localhost/isopod/batch, args: ['{code}'], env: [{{name: STEPS, value: '0'}}]}}"
        )
    };
    let pod = |name: &str, second: u8| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{restartPolicy: Never, initContainers: [{}, {}], containers: [{}]}}\n",
            init("one", 0),
            init("two", second),
            init("main", 0)
        )
    };
    space.apply(&pod("right", 0)).await;
    assert_eq!(space.ended("right").await, (0, "Completed".to_owned()));
    space.apply(&pod("wrong", 4)).await;
    let failed = space.pod("wrong", |pod| phase(pod) == "Failed").await;
    let main = container(&failed, 0).state.and_then(|state| state.waiting);
    assert_eq!(main.and_then(|waiting| waiting.reason).as_deref(), Some("PodInitializing"));
}
