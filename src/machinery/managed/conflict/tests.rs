//! Conflicts name who and what.

use serde_json::json;

use super::super::tests::{by, set};
use super::super::{Operation, Write};
use super::Conflicts;
use crate::ApiError;

#[test]
fn one_conflict_is_told_in_a_line() {
    let mut conflicts = Conflicts::default();
    let fields = set(json!({"f:spec": {"f:replicas": {}}}));
    conflicts
        .add(&by("kubectl-client-side-apply").entry(Operation::Update, fields.clone()), fields);
    let error = ApiError::from(conflicts);
    assert_eq!(
        error.to_status(),
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": 409,
            "reason": "Conflict",
            "message": "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using apps/v1: .spec.replicas",
            "details": {"causes": [{
                "reason": "FieldManagerConflict", "field": ".spec.replicas",
                "message": "conflict with \"kubectl-client-side-apply\" using apps/v1",
            }]},
        })
    );
}

#[test]
fn several_are_listed_by_manager() {
    let mut conflicts = Conflicts::default();
    let fields = set(json!({"f:spec": {"f:a": {}, "f:b": {}}}));
    let scale = Write { subresource: "scale", ..by("x") };
    conflicts.add(&scale.entry(Operation::Update, fields.clone()), fields);
    let fields = set(json!({"f:spec": {"f:c": {}}}));
    conflicts.add(&by("helm").entry(Operation::Apply, fields.clone()), fields);
    conflicts.sort();
    assert_eq!(
        conflicts.to_string(),
        "Apply failed with 3 conflicts: conflicts with \"helm\":\n- .spec.c\n\
         conflicts with \"x\" with subresource \"scale\" using apps/v1:\n- .spec.a\n- .spec.b"
    );
}
