//! How long pods bear taints.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::testing::{now, object};

/// The node got the taint `x=y:NoExecute` 100 s ago; the pod came before that.
fn check(tolerations: Value, expect: Expect) {
    let since = now() - SignedDuration::from_secs(100);
    let (pod, node) = (pod(&tolerations), node(json!(since.to_string())));
    expect.assert_eq(&reconcile(&Snapshot { pod, node, since, now: now() }).to_string());
}

fn node(time_added: Value) -> Arc<Node> {
    let taint = json!({"key": "x", "value": "y", "effect": "NoExecute", "timeAdded": time_added});
    object(json!({"metadata": {"name": "one"}, "spec": {"taints": [taint]}}))
}

fn pod(tolerations: &Value) -> Arc<Pod> {
    let started = (now() - SignedDuration::from_secs(500)).to_string();
    object(json!({
        "metadata": {"name": "a", "namespace": "n", "uid": "a"},
        "spec": {"nodeName": "one", "containers": [], "tolerations": tolerations},
        "status": {"phase": "Running", "startTime": started},
    }))
}

#[test]
fn a_pod_that_does_not_tolerate_goes_at_once() {
    check(
        json!([]),
        expect![[r#"
        patch pod a/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Taint manager: deleting due to NoExecute taint","reason":"DeletionByTaintManager","status":"True","type":"DisruptionTarget"}]}}
        event Normal TaintManagerEviction: Marking for deletion Pod n/a
        delete pod a
    "#]],
    );
}

#[test]
fn a_pod_that_tolerates_for_ever_stays() {
    check(json!([{"operator": "Exists"}]), expect![[""]]);
}

#[test]
fn a_pod_stays_as_long_as_it_tolerates() {
    check(
        json!([{"key": "x", "value": "y", "effect": "NoExecute", "tolerationSeconds": 300}]),
        expect![[r#"
            again in 200s
        "#]],
    );
}

#[test]
fn patience_may_be_as_long_as_a_number_can_say() {
    let tolerations = json!([{"operator": "Exists", "tolerationSeconds": i64::MAX}]);
    let (pod, ahead) = (pod(&tolerations), now() + SignedDuration::from_hours(1));
    let node = node(json!(ahead.to_string()));
    let snapshot = Snapshot { pod, node, since: now(), now: now() };
    assert!(reconcile(&snapshot).to_string().starts_with("again in "));
}

#[test]
fn the_shortest_toleration_counts() {
    let tolerations = json!([
        {"key": "x", "operator": "Exists", "tolerationSeconds": 300},
        {"key": "x", "operator": "Exists", "tolerationSeconds": 50},
    ]);
    check(
        tolerations,
        expect![[r#"
        patch pod a/status {"status":{"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Taint manager: deleting due to NoExecute taint","reason":"DeletionByTaintManager","status":"True","type":"DisruptionTarget"}]}}
        event Normal TaintManagerEviction: Marking for deletion Pod n/a
        delete pod a
    "#]],
    );
}

#[test]
fn patience_begins_when_a_pod_is_first_seen_with_the_taint_and_ends_with_it() {
    let (nodes, pods) = (Cache::<Node>::default(), Cache::<Pod>::default());
    let controller =
        TaintEviction { nodes: nodes.clone(), pods: pods.clone(), bearing: Mutex::default() };
    let tolerations = json!([{"operator": "Exists", "tolerationSeconds": 300}]);
    pods.insert(Arc::unwrap_or_clone(pod(&tolerations)));
    nodes.insert(Arc::unwrap_or_clone(node(Value::Null)));
    let key = Key::new("n", "a");
    let left = |seconds| {
        let now = now() + SignedDuration::from_secs(seconds);
        controller.observe(&key, now).map(|snapshot| reconcile(&snapshot).to_string())
    };
    assert_eq!(left(0).as_deref(), Some("again in 300s\n"));
    assert_eq!(left(100).as_deref(), Some("again in 200s\n"));
    nodes.insert(Arc::unwrap_or_clone(object(json!({"metadata": {"name": "one"}}))));
    assert_eq!(left(200), None);
    nodes.insert(Arc::unwrap_or_clone(node(Value::Null)));
    assert_eq!(left(300).as_deref(), Some("again in 300s\n"));
    pods.remove(&key);
    assert_eq!(left(400), None);
    assert!(controller.bearing.lock().unwrap().is_empty());
}
