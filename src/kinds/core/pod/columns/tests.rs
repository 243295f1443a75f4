use expect_test::expect;
use serde_json::{Value, json};

use super::Summary;
use crate::core::Pod;
use crate::fixture::row;

fn pod(status: Value) -> Value {
    json!({"metadata": {"name": "web", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"nodeName": "n", "containers": [{"name": "a"}, {"name": "b"}]}, "status": status})
}

#[test]
fn a_running_pod_shows_all() {
    let pod =
        pod(json!({"phase": "Running", "podIPs": [{"ip": "10.42.0.5"}], "containerStatuses": [
        {"name": "a", "ready": true, "restartCount": 3, "state": {"running": {}},
            "lastState": {"terminated": {"finishedAt": "2026-01-02T02:59:05Z"}}},
        {"name": "b", "ready": true, "restartCount": 0, "state": {"running": {}}}]}));
    expect![[r"
        Name: web
        Ready: 2/2
        Status: Running
        Restarts: 3 (5m ago)
        Age: 4m5s
        | IP: 10.42.0.5
        | Node: n
        | Nominated Node: <none>
        | Readiness Gates: <none>
    "]]
    .assert_eq(&row(&Pod, &pod));
}

fn status(pod: &Value) -> String {
    let summary = Summary::of(pod);
    format!("{} {}/{}", summary.reason, summary.ready, summary.total)
}

fn with_states(states: &[Value]) -> String {
    let names = ["a", "b"];
    let statuses: Vec<Value> = names.iter().zip(states).map(|(name, state)| {
        json!({"name": name, "ready": state.get("running").is_some(), "restartCount": 0, "state": state})
    }).collect();
    status(&pod(json!({"phase": "Running", "containerStatuses": statuses})))
}

#[test]
fn the_first_container_that_does_not_run_says_why() {
    let running = json!({"running": {}});
    for (states, expected) in [
        (vec![running.clone(), running.clone()], "Running 2/2"),
        (
            vec![json!({"waiting": {"reason": "CrashLoopBackOff"}}), running.clone()],
            "CrashLoopBackOff 1/2",
        ),
        (vec![json!({"terminated": {"reason": "OOMKilled"}}), running.clone()], "OOMKilled 1/2"),
        (vec![json!({"terminated": {"exitCode": 3}}), running.clone()], "ExitCode:3 1/2"),
        (
            vec![json!({"terminated": {"exitCode": 1, "signal": 9}}), running.clone()],
            "Signal:9 1/2",
        ),
        (vec![json!({"terminated": {"reason": "Completed"}}), running], "NotReady 1/2"),
    ] {
        assert_eq!(with_states(&states), expected);
    }
}

#[test]
fn a_pod_without_containers_shows_its_phase_or_reason() {
    assert_eq!(status(&pod(json!({"phase": "Pending"}))), "Pending 0/2");
    assert_eq!(status(&pod(json!({"phase": "Failed", "reason": "Evicted"}))), "Evicted 0/2");
    let gated = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]});
    assert_eq!(status(&pod(gated)), "SchedulingGated 0/2");
}

#[test]
fn init_containers_come_first() {
    let with = |init: Value| {
        let mut pod = pod(json!({"phase": "Pending", "initContainerStatuses": [init],
            "containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "PodInitializing"}}}]}));
        pod["spec"]["initContainers"] = json!([{"name": "i"}, {"name": "j"}]);
        status(&pod)
    };
    assert_eq!(with(json!({"name": "i", "state": {"running": {}}})), "Init:0/2 0/2");
    assert_eq!(
        with(json!({"name": "i", "state": {"waiting": {"reason": "CrashLoopBackOff"}}})),
        "Init:CrashLoopBackOff 0/2"
    );
    assert_eq!(
        with(json!({"name": "i", "state": {"terminated": {"exitCode": 2, "reason": "Error"}}})),
        "Init:Error 0/2"
    );
    assert_eq!(
        with(json!({"name": "i", "state": {"terminated": {"exitCode": 2}}})),
        "Init:ExitCode:2 0/2"
    );
    assert_eq!(
        with(json!({"name": "i", "state": {"terminated": {"exitCode": 0}}})),
        "PodInitializing 0/2"
    );
}

#[test]
fn a_sidecar_counts_as_a_container() {
    let mut pod = pod(json!({"phase": "Running",
        "initContainerStatuses": [{"name": "s", "started": true, "ready": true, "restartCount": 2, "state": {"running": {}}}],
        "containerStatuses": [{"name": "a", "ready": true, "restartCount": 1, "state": {"running": {}}}]}));
    pod["spec"]["initContainers"] = json!([{"name": "s", "restartPolicy": "Always"}]);
    assert_eq!(status(&pod), "Running 2/3");
    assert_eq!(Summary::of(&pod).restarts.count, 3);
}

#[test]
fn deletion_shows_until_the_pod_has_ended() {
    let mut running = pod(json!({"phase": "Running"}));
    running["metadata"]["deletionTimestamp"] = json!("2026-01-02T03:04:00Z");
    assert_eq!(status(&running), "Terminating 0/2");
    running["status"]["reason"] = json!("NodeLost");
    assert_eq!(status(&running), "Unknown 0/2");
    running["status"] = json!({"phase": "Succeeded"});
    assert_eq!(status(&running), "Succeeded 0/2");
}

#[test]
fn readiness_gates_are_counted() {
    let mut gated =
        pod(json!({"phase": "Running", "conditions": [{"type": "a", "status": "True"}]}));
    gated["spec"]["readinessGates"] = json!([{"conditionType": "a"}, {"conditionType": "b"}]);
    assert!(row(&Pod, &gated).ends_with("Readiness Gates: 1/2\n"));
}
