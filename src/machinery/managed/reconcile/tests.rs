//! What becomes of owners when a definition changes how lists and maps are owned.

use serde_json::{Value, json};

use super::super::tests::{apply, by, fields_of, schemas};
use super::super::{ManagedFields, Operation, Shape, Write};
use crate::{GroupVersionKind, Structural};

fn schema(ports: &str, labels: &str) -> Structural {
    let [group, version, kind] = ["example.com", "v1", "Door"].map(str::to_owned);
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "labels": {"type": "object", "x-kubernetes-map-type": labels,
            "additionalProperties": {"type": "string"}},
        "ports": {"type": "array", "x-kubernetes-list-type": ports, "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
    }}}});
    Structural::new(GroupVersionKind { group, version, kind }, &schema)
}

fn writer<'a>(manager: &'static str, schema: &'a Structural) -> Write<'a> {
    let shape = Shape::of_custom_resource(schemas(), schema);
    Write { api_version: "example.com/v1", shape, ..by(manager) }
}

fn door(labels: Value, ports: &[&str]) -> Value {
    let ports: Vec<Value> = ports.iter().map(|name| json!({"name": name})).collect();
    json!({"apiVersion": "example.com/v1", "kind": "Door", "metadata": {"name": "d"},
        "spec": {"labels": labels, "ports": ports}})
}

#[test]
fn who_owned_a_part_of_what_is_whole_today_owns_the_whole() {
    let (parts, whole) = (schema("map", "granular"), schema("atomic", "atomic"));
    let wanted = door(json!({"a": "1"}), &["x"]);
    let none = ManagedFields::default();
    let (object, managed) =
        apply(&none, &writer("ann", &parts), &json!({}), &wanted, false).unwrap();
    let other = door(json!({"b": "2"}), &["y"]);
    let conflicts = apply(&managed, &writer("bob", &whole), &object, &other, false).unwrap_err();
    assert_eq!(
        conflicts.to_string(),
        "Apply failed with 2 conflicts: conflicts with \"ann\":\n- .spec.labels\n- .spec.ports"
    );
    let (object, managed) = apply(&managed, &writer("bob", &whole), &object, &other, true).unwrap();
    assert_eq!(object, other);
    assert_eq!(fields_of(&managed, "ann", Operation::Apply), Value::Null);
}

#[test]
fn who_updates_owns_the_objects_it_brings_in_and_who_applies_the_empty_list() {
    let whole = schema("atomic", "granular");
    let none = ManagedFields::default();
    let created = ManagedFields::created(&writer("ann", &whole), &door(json!({"a": "1"}), &["x"]));
    assert_eq!(
        fields_of(&created, "ann", Operation::Update),
        json!({"f:spec": {".": {}, "f:labels": {".": {}, "f:a": {}}, "f:ports": {}}})
    );
    let wanted = door(json!({"a": "1"}), &[]);
    let (_, managed) = apply(&none, &writer("bob", &whole), &json!({}), &wanted, false).unwrap();
    assert_eq!(
        fields_of(&managed, "bob", Operation::Apply),
        json!({"f:spec": {"f:labels": {"f:a": {}}, "f:ports": {}}})
    );
}

#[test]
fn a_schema_that_stays_changes_no_owner() {
    let parts = schema("map", "granular");
    let none = ManagedFields::default();
    let wanted = door(json!({"a": "1"}), &["x"]);
    let (_, managed) = apply(&none, &writer("ann", &parts), &json!({}), &wanted, false).unwrap();
    let mut same = managed.clone();
    super::reconcile(&mut same, &writer("bob", &parts));
    assert_eq!(same, managed);
}
