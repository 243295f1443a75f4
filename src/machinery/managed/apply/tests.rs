//! Who applies what, and what becomes of it.

use serde_json::{Value, json};

use super::super::tests::{apply, by, fields_of};
use super::super::{ManagedFields, Operation, Reach, Write};

fn deployment(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec})
}

/// An object after somebody applied it.
fn applied(manager: &'static str, object: &Value) -> (Value, ManagedFields) {
    apply(&ManagedFields::default(), &by(manager), &json!({}), object, false).unwrap()
}

#[test]
fn a_first_apply_makes_the_object_and_owns_what_it_says() {
    let wanted = deployment(json!({"replicas": 3}));
    let (object, managed) = applied("ann", &wanted);
    assert_eq!(object, wanted);
    assert_eq!(
        managed.encode(),
        json!([{
            "manager": "ann", "operation": "Apply", "apiVersion": "apps/v1",
            "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"f:replicas": {}}},
        }])
    );
}

#[test]
fn another_value_for_a_field_of_another_is_a_conflict() {
    let (object, managed) = applied("ann", &deployment(json!({"replicas": 3})));
    let wanted = deployment(json!({"replicas": 4}));
    let conflicts = apply(&managed, &by("bob"), &object, &wanted, false).unwrap_err();
    assert_eq!(
        conflicts.to_string(),
        "Apply failed with 1 conflict: conflict with \"ann\": .spec.replicas"
    );
    let (object, managed) = apply(&managed, &by("bob"), &object, &wanted, true).unwrap();
    assert_eq!(object["spec"]["replicas"], 4);
    assert_eq!(fields_of(&managed, "ann", Operation::Apply), Value::Null);
}

#[test]
fn one_value_may_have_two_owners() {
    let wanted = deployment(json!({"replicas": 3}));
    let (object, managed) = applied("ann", &wanted);
    let (object, managed) = apply(&managed, &by("bob"), &object, &wanted, false).unwrap();
    assert_eq!(managed.entries().len(), 2);
    // It stays as long as one of them wants it.
    let (object, managed) =
        apply(&managed, &by("ann"), &object, &deployment(json!({})), false).unwrap();
    assert_eq!(object["spec"]["replicas"], 3);
    let (object, managed) =
        apply(&managed, &by("bob"), &object, &deployment(json!({})), false).unwrap();
    assert_eq!(object["spec"].get("replicas"), None);
    assert_eq!(managed.entries().len(), 2, "both still want the empty spec");
}

#[test]
fn items_left_out_are_removed_and_those_of_others_stay() {
    let with = |names: &[&str]| {
        let items: Vec<_> = names.iter().map(|name| json!({"name": name, "image": "i"})).collect();
        deployment(json!({"template": {"spec": {"containers": items}}}))
    };
    let (object, managed) = applied("ann", &with(&["a", "b"]));
    let (object, managed) = apply(&managed, &by("bob"), &object, &with(&["c"]), false).unwrap();
    let (object, managed) = apply(&managed, &by("ann"), &object, &with(&["b"]), false).unwrap();
    assert_eq!(object, with(&["b", "c"]));
    assert_eq!(
        fields_of(&managed, "ann", Operation::Apply),
        json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {
            "k:{\"name\":\"b\"}": {".": {}, "f:image": {}, "f:name": {}}
        }}}}})
    );
}

#[test]
fn an_item_goes_with_what_the_server_filled_in() {
    let port = |port: Value| {
        deployment(json!({"template": {"spec": {"containers": [{"name": "a", "ports": [port]}]}}}))
    };
    let (_, managed) = applied("ann", &port(json!({"containerPort": 80})));
    let live = port(json!({"containerPort": 80, "protocol": "TCP"}));
    let wanted = port(json!({"containerPort": 81}));
    let (object, _) = apply(&managed, &by("ann"), &live, &wanted, false).unwrap();
    assert_eq!(object, wanted);
}

#[test]
fn fields_of_other_writers_are_taken_only_by_force() {
    let (object, mut managed) = applied("ann", &deployment(json!({"replicas": 1})));
    let scaled = deployment(json!({"replicas": 5}));
    let scale = Write { subresource: "scale", ..by("hpa") };
    managed.update(&scale, &object, &scaled);
    assert_eq!(fields_of(&managed, "ann", Operation::Apply), Value::Null);
    let wanted = deployment(json!({"replicas": 1}));
    let conflicts = apply(&managed, &by("ann"), &scaled, &wanted, false).unwrap_err();
    assert_eq!(
        conflicts.to_string(),
        "Apply failed with 1 conflict: conflict with \"hpa\" with subresource \"scale\" using apps/v1: .spec.replicas"
    );
    // Leaving the field out leaves it alone.
    let (object, _) = apply(&managed, &by("ann"), &scaled, &deployment(json!({})), false).unwrap();
    assert_eq!(object["spec"]["replicas"], 5);
}

#[test]
fn a_field_of_another_that_is_applied_empty_is_a_conflict() {
    let (object, mut managed) = applied("ann", &deployment(json!({"replicas": 1})));
    let scaled = deployment(json!({"replicas": 5}));
    managed.update(&by("hpa"), &object, &scaled);
    let wanted = deployment(json!({"replicas": null}));
    let draft = managed.draft(&by("ann"), &scaled, &wanted);
    // Decoding has dropped the null.
    let conflicts = draft.settle(&by("ann"), &scaled, &deployment(json!({})), false).unwrap_err();
    assert_eq!(
        conflicts.to_string(),
        "Apply failed with 1 conflict: conflict with \"hpa\" using apps/v1: .spec.replicas"
    );
}

#[test]
fn nothing_applied_to_a_map_leaves_what_others_put_in() {
    let labels = |labels: Value| json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "labels": labels}});
    let (object, managed) = applied("ann", &labels(json!({"ann": "1"})));
    let (object, managed) =
        apply(&managed, &by("bob"), &object, &labels(json!({"bob": "1"})), false).unwrap();
    let (object, managed) =
        apply(&managed, &by("ann"), &object, &labels(Value::Null), false).unwrap();
    assert_eq!(object, labels(json!({"bob": "1"})));
    assert_eq!(
        fields_of(&managed, "bob", Operation::Apply),
        json!({"f:metadata": {"f:labels": {"f:bob": {}}}})
    );
}

#[test]
fn what_was_there_before_the_first_apply_has_an_owner() {
    let live = deployment(json!({"replicas": 1, "minReadySeconds": 5}));
    let none = ManagedFields::default();
    let wanted = deployment(json!({"replicas": 2}));
    let conflicts = apply(&none, &by("ann"), &live, &wanted, false).unwrap_err();
    assert_eq!(
        conflicts.to_string(),
        "Apply failed with 1 conflict: conflict with \"before-first-apply\" using apps/v1: .spec.replicas"
    );
    let (_, managed) = apply(&none, &by("ann"), &live, &wanted, true).unwrap();
    assert_eq!(
        fields_of(&managed, "before-first-apply", Operation::Update),
        json!({"f:spec": {"f:minReadySeconds": {}}})
    );
}

#[test]
fn a_repeated_apply_keeps_its_time_and_a_changed_one_does_not() {
    let wanted = deployment(json!({"replicas": 3}));
    let (object, managed) = applied("ann", &wanted);
    let later = Write { now: "2026-05-05T00:00:00Z", ..by("ann") };
    let (_, same) = apply(&managed, &later, &object, &wanted, false).unwrap();
    assert_eq!(same, managed);
    let wanted = deployment(json!({"replicas": 4}));
    let (_, changed) = apply(&managed, &later, &object, &wanted, false).unwrap();
    assert_eq!(changed.entries()[0].time.as_deref(), Some("2026-05-05T00:00:00Z"));
}

#[test]
fn an_apply_to_the_status_owns_nothing_else() {
    let (object, managed) = applied("ann", &deployment(json!({"replicas": 3})));
    let status = Write { reach: Reach::Status, subresource: "status", ..by("ann") };
    let (_, managed) = apply(&managed, &status, &object, &object, false).unwrap();
    assert_eq!(managed.entries().len(), 1);
}

#[test]
fn an_applier_stays_itself_in_another_version() {
    let (object, managed) = applied("ann", &deployment(json!({"replicas": 3})));
    let newer = Write { api_version: "apps/v2", ..by("ann") };
    let (_, managed) = apply(&managed, &newer, &object, &object, false).unwrap();
    assert_eq!(managed.entries().len(), 1);
    assert_eq!(managed.entries()[0].api_version, "apps/v2");
}
