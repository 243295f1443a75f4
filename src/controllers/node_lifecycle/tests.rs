//! What a silent node causes.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::testing::{now, object};

fn check(ready: &str, silence: u64, outage: Outage, taints: Value, expect: Expect) {
    let node = object(json!({
        "metadata": {"name": "one", "uid": "one"},
        "spec": {"taints": taints},
        "status": {"conditions": [{"type": "Ready", "status": ready, "reason": "KubeletReady"}]},
    }));
    let pod = object(json!({
        "metadata": {"name": "a", "namespace": "n", "uid": "a"},
        "spec": {"nodeName": "one", "containers": []},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }));
    let (pods, silence) = (vec![pod], Duration::from_secs(silence));
    let snapshot = Snapshot { node, pods, silence, heard: true, outage, doubts: true, now: now() };
    expect.assert_eq(&reconcile(&snapshot).to_string());
}

#[test]
fn a_node_that_speaks_is_left_alone() {
    check(
        "True",
        10,
        Outage::Small,
        json!([]),
        expect![[r#"
        again in 41s
    "#]],
    );
}

#[test]
fn a_silent_node_is_unknown_tainted_and_its_pods_not_ready() {
    check(
        "True",
        51,
        Outage::Small,
        json!([]),
        expect![[r#"
        patch node one {"spec":{"taints":[{"effect":"NoSchedule","key":"node.kubernetes.io/unreachable","timeAdded":"2026-01-02T03:04:05Z"},{"effect":"NoExecute","key":"node.kubernetes.io/unreachable","timeAdded":"2026-01-02T03:04:05Z"}]}}
        patch node one/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Kubelet stopped posting node status.","reason":"NodeStatusUnknown","status":"Unknown","type":"Ready"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Kubelet never posted node status.","reason":"NodeStatusNeverUpdated","status":"Unknown","type":"MemoryPressure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Kubelet never posted node status.","reason":"NodeStatusNeverUpdated","status":"Unknown","type":"DiskPressure"},{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Kubelet never posted node status.","reason":"NodeStatusNeverUpdated","status":"Unknown","type":"PIDPressure"}]}}
        event Normal NodeNotReady: Node one status is now: NodeNotReady
        patch pod a/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","status":"False","type":"Ready"}]}}
        event Warning NodeNotReady: Node is not ready
    "#]],
    );
}

#[test]
fn a_node_that_is_not_ready_keeps_foreign_taints() {
    let taints = json!([{"key": "mine", "effect": "NoExecute"}]);
    check(
        "False",
        0,
        Outage::Small,
        taints,
        expect![[r#"
        patch node one {"spec":{"taints":[{"effect":"NoExecute","key":"mine"},{"effect":"NoSchedule","key":"node.kubernetes.io/not-ready","timeAdded":"2026-01-02T03:04:05Z"},{"effect":"NoExecute","key":"node.kubernetes.io/not-ready","timeAdded":"2026-01-02T03:04:05Z"}]}}
        patch pod a/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","status":"False","type":"Ready"}]}}
        event Warning NodeNotReady: Node is not ready
        again in 51s
    "#]],
    );
}

#[test]
fn taints_go_when_the_node_is_ready_again() {
    let taints = json!([
        {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"},
        {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
    ]);
    check(
        "True",
        0,
        Outage::Small,
        taints,
        expect![[r#"
        patch node one {"spec":{"taints":[]}}
        again in 51s
    "#]],
    );
}

#[test]
fn nothing_is_evicted_when_all_nodes_are_down() {
    let taints = json!([{"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}]);
    check(
        "False",
        0,
        Outage::Full,
        taints,
        expect![[r#"
        patch node one {"spec":{"taints":[{"effect":"NoSchedule","key":"node.kubernetes.io/not-ready","timeAdded":"2026-01-02T03:04:05Z"}]}}
        patch pod a/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","status":"False","type":"Ready"}]}}
        event Warning NodeNotReady: Node is not ready
        again in 51s
    "#]],
    );
}

#[test]
fn an_outage_is_judged_by_numbers_and_share() {
    let among = |up: usize, down: usize| {
        let states = std::iter::repeat_n(true, up).chain(std::iter::repeat_n(false, down));
        Outage::among(states)
    };
    assert_eq!(among(3, 0), Outage::Small);
    assert_eq!(among(0, 1), Outage::Full);
    assert_eq!(among(1, 2), Outage::Small, "two nodes are no large outage");
    assert_eq!(among(2, 3), Outage::Large);
    assert_eq!(among(40, 60), Outage::Small, "a large zone goes on");
}

#[test]
fn the_pods_of_a_node_that_is_not_ready_are_told_once() {
    let controller = NodeLifecycle {
        nodes: Cache::default(),
        leases: Cache::default(),
        pods: Cache::default(),
        heard: Mutex::default(),
        doubts: Mutex::default(),
    };
    let node = |ready: &str| {
        let conditions = json!([{"type": "Ready", "status": ready}]);
        let node = json!({"metadata": {"name": "one"}, "status": {"conditions": conditions}});
        controller.nodes.insert(Arc::unwrap_or_clone(object(node)));
    };
    let pod = json!({
        "metadata": {"name": "a", "namespace": "n"},
        "spec": {"nodeName": "one", "containers": []},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    });
    controller.pods.insert(Arc::unwrap_or_clone(object(pod)));
    let key = Key::cluster("one");
    let tells = || {
        let plan = controller.reconcile(&controller.observe(&key, now()).unwrap());
        plan.to_string().contains("patch pod a/status")
    };
    node("True");
    assert!(!tells());
    controller.ended(&key, None);
    node("Unknown");
    assert!(tells());
    controller.ended(&key, Some("the first plan was refused"));
    assert!(tells());
    controller.ended(&key, None);
    assert!(!tells(), "its kubelet says that it is ready, and is not contradicted for ever");
    node("True");
    assert!(!tells());
    controller.ended(&key, None);
    node("False");
    assert!(tells());
}
