//! How many pods a budget lets go.

use std::fmt::Write;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::testing::{now, object};

fn budget(spec: Value) -> Value {
    json!({"metadata": {"name": "web", "namespace": "n", "generation": 1}, "spec": spec})
}

/// A pod of a set; `state` is `ready`, `unready` or `leaving`.
fn pod(name: &str, owner: &str, state: &str) -> Arc<Pod> {
    let ready = if state == "unready" { "False" } else { "True" };
    let mut pod = json!({
        "metadata": {"name": name, "namespace": "n"},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]},
    });
    if !owner.is_empty() {
        pod["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": owner, "controller": true,
        }]);
    }
    if state == "leaving" {
        pod["metadata"]["deletionTimestamp"] = json!(now().to_string());
    }
    object(pod)
}

fn pods(states: &[&str]) -> Vec<Arc<Pod>> {
    let numbered = states.iter().enumerate();
    numbered.map(|(number, state)| pod(&format!("p{number}"), "set", state)).collect()
}

fn plan(budget: Value, pods: Vec<Arc<Pod>>, replicas: i32) -> Plan {
    let scale = Scale { uid: "deployment".to_owned(), replicas };
    let scales = BTreeMap::from([("set".to_owned(), Ok(scale))]);
    reconcile(&Snapshot { budget: object(budget), pods, scales, now: now() })
}

/// `allowed of expected: current/desired`, or what else happens.
fn check(spec: Value, states: &[&str], replicas: i32, expect: Expect) {
    expect.assert_eq(&briefly(&plan(budget(spec), pods(states), replicas)));
}

fn briefly(plan: &Plan) -> String {
    let mut lines = String::new();
    for action in &plan.actions {
        match action {
            client::Action::SetStatus { body, .. } => {
                let status = &body["status"];
                writeln!(
                    lines,
                    "allows {} of {}: {} healthy, {} needed; {}",
                    status["disruptionsAllowed"],
                    status["expectedPods"],
                    status["currentHealthy"],
                    status["desiredHealthy"],
                    status["conditions"][0]["reason"].as_str().unwrap_or_default(),
                )
            }
            other => writeln!(lines, "{other}"),
        }
        .unwrap();
    }
    lines
}

#[test]
fn a_number_of_pods_that_must_stay_is_counted_over_the_pods_there_are() {
    let spec = json!({"minAvailable": 2});
    check(
        spec.clone(),
        &["ready", "ready", "ready"],
        9,
        expect![[r"
        allows 1 of 3: 3 healthy, 2 needed; SufficientPods
    "]],
    );
    check(
        spec.clone(),
        &["ready", "ready", "unready", "leaving"],
        9,
        expect![[r"
        allows 0 of 4: 2 healthy, 2 needed; InsufficientPods
    "]],
    );
    check(
        spec,
        &[],
        9,
        expect![[r"
        event Normal NoPods: No matching pods found
        allows 0 of 0: 0 healthy, 2 needed; InsufficientPods
    "]],
    );
}

#[test]
fn shares_are_of_what_the_controllers_want_and_round_up() {
    check(
        json!({"minAvailable": "50%"}),
        &["ready"; 5],
        5,
        expect![[r"
        allows 2 of 5: 5 healthy, 3 needed; SufficientPods
    "]],
    );
    check(
        json!({"maxUnavailable": "30%"}),
        &["ready"; 5],
        5,
        expect![[r"
        allows 2 of 5: 5 healthy, 3 needed; SufficientPods
    "]],
    );
    check(
        json!({"maxUnavailable": 1}),
        &["ready", "ready"],
        3,
        expect![[r"
        allows 0 of 3: 2 healthy, 2 needed; InsufficientPods
    "]],
    );
    check(
        json!({"maxUnavailable": "100%"}),
        &["unready"; 2],
        2,
        expect![[r"
        allows 0 of 2: 0 healthy, 0 needed; InsufficientPods
    "]],
    );
    check(
        json!({"maxUnavailable": 7}),
        &["ready"; 2],
        2,
        expect![[r"
        allows 2 of 2: 2 healthy, 0 needed; SufficientPods
    "]],
    );
}

#[test]
fn sets_of_one_deployment_count_once_and_pods_without_controller_not_at_all() {
    let scale = |uid: &str, replicas| Ok(Scale { uid: uid.to_owned(), replicas });
    let scales = BTreeMap::from([
        ("old".to_owned(), scale("deployment", 4)),
        ("new".to_owned(), scale("deployment", 4)),
        ("other".to_owned(), scale("other", 2)),
    ]);
    let owners = ["old", "new", "new", "other", ""];
    let pods: Vec<_> = owners.iter().map(|owner| pod("p", owner, "ready")).collect();
    assert_eq!(scales::total(&pods, &scales), Ok(6));
    let foreign = vec![pod("x", "unknown", "ready")];
    assert_eq!(
        scales::total(&foreign, &scales),
        Err("found no controllers for pod \"x\"".to_owned())
    );
    let why = "crons.example.com does not implement the scale subresource";
    let scales = BTreeMap::from([("unknown".to_owned(), Err(why.to_owned()))]);
    assert_eq!(scales::total(&foreign, &scales), Err(why.to_owned()));
}

#[test]
fn what_cannot_be_computed_allows_nothing() {
    let pods = vec![pod("x", "unknown", "ready")];
    let plan = plan(budget(json!({"maxUnavailable": 1})), pods, 3);
    expect![[r#"
        event Warning CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: found no controllers for pod "x"
        allows 0 of 0: 0 healthy, 0 needed; SyncFailed
    "#]]
    .assert_eq(&briefly(&plan));
}

#[test]
fn a_pod_whose_eviction_was_allowed_is_not_healthy_for_two_minutes() {
    let mut young = budget(json!({"minAvailable": 1}));
    let since = |seconds| (now() - SignedDuration::from_secs(seconds)).to_string();
    young["status"] = json!({
        "currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0,
        "disruptedPods": {"p0": since(30), "p1": since(130), "gone": since(5), "p2": since(1)},
    });
    let plan = plan(young, pods(&["ready", "ready", "leaving"]), 3);
    expect![[r"
        event Warning NotDeleted: Pod was expected by PDB n/web to be deleted but it wasn't
        allows 0 of 3: 1 healthy, 1 needed; InsufficientPods
    "]]
    .assert_eq(&briefly(&plan));
    assert_eq!(plan.again_in, Some(Duration::from_secs(90)));
    let Some(client::Action::SetStatus { body, .. }) = plan.actions.last() else {
        panic!("{plan}")
    };
    let still: Vec<_> = body["status"]["disruptedPods"].as_object().unwrap().keys().collect();
    assert_eq!(still, ["p0"]);
}

#[test]
fn what_is_written_down_already_is_not_written_again() {
    let first = plan(budget(json!({"minAvailable": 1})), pods(&["ready", "ready"]), 2);
    let Some(client::Action::SetStatus { body, .. }) = first.actions.last() else {
        panic!("{first}")
    };
    assert!(plan(body.clone(), pods(&["ready", "ready"]), 2).is_empty());
}
