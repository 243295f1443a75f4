//! kubectl moves from client-side to server-side apply without a conflict.

use serde_json::{Value, json};

use super::super::tests::{apply, by};
use super::super::{ManagedFields, Operation};
use super::{LAST_APPLIED, refresh};

fn wanted(replicas: i64, ready: i64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"replicas": replicas, "minReadySeconds": ready}})
}

/// An object client-side apply made, with its owner.
fn live() -> (Value, ManagedFields) {
    let mut object = wanted(1, 5);
    object["metadata"]["annotations"] = json!({LAST_APPLIED: wanted(1, 5).to_string()});
    let managed = ManagedFields::created(&by("kubectl-client-side-apply"), &object);
    (object, managed)
}

#[test]
fn what_client_side_apply_wrote_is_no_conflict_for_kubectl() {
    let (object, managed) = live();
    let (next, owners) = apply(&managed, &by("kubectl"), &object, &wanted(2, 5), false).unwrap();
    assert_eq!(next["spec"]["replicas"], 2);
    assert!(owners.entries().iter().any(|entry| entry.operation == Operation::Apply));
    let conflicts = apply(&managed, &by("ann"), &object, &wanted(2, 5), false).unwrap_err();
    assert_eq!(conflicts.fields().paths(), [".spec.replicas"]);
}

#[test]
fn what_somebody_changed_since_is_a_conflict() {
    let (object, mut managed) = live();
    let mut changed = object.clone();
    changed["spec"]["minReadySeconds"] = 9.into();
    managed.update(&by("eve"), &object, &changed);
    let conflicts = apply(&managed, &by("kubectl"), &changed, &wanted(2, 5), false).unwrap_err();
    assert_eq!(conflicts.fields().paths(), [".spec.minReadySeconds"]);
}

#[test]
fn a_broken_history_allows_nothing() {
    for history in [json!("{"), json!(""), json!("{\"apiVersion\":\"apps/v2\"}")] {
        let (mut object, managed) = live();
        object["metadata"]["annotations"][LAST_APPLIED] = history;
        assert!(apply(&managed, &by("kubectl"), &object, &wanted(2, 5), false).is_err());
    }
}

#[test]
fn the_history_is_kept_true_for_kubectl_only() {
    let (mut object, _) = live();
    let mut applied = wanted(2, 5);
    applied["metadata"]["annotations"] = json!({LAST_APPLIED: "old", "a": "b"});
    refresh(&by("kubectl"), &mut object, &applied);
    let text = object["metadata"]["annotations"][LAST_APPLIED].as_str().unwrap();
    applied["metadata"]["annotations"] = json!({"a": "b"});
    assert_eq!(text, format!("{applied}\n"));
    let before = object.clone();
    refresh(&by("ann"), &mut object, &wanted(3, 5));
    assert_eq!(object, before);
    let mut bare = wanted(1, 5);
    refresh(&by("kubectl"), &mut bare, &wanted(3, 5));
    assert_eq!(bare, wanted(1, 5));
}
