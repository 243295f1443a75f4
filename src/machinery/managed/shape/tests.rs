//! Custom resources have owners by the words of their OpenAPI schema.

use serde_json::{Value, json};

use super::super::fields_v1::encode;
use super::super::tests::schemas;
use super::super::{Shape, applied, check};
use crate::{GroupVersionKind, Structural};

fn schema() -> Structural {
    read(&json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "size": {"x-kubernetes-int-or-string": true},
        "parts": {"type": "array", "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name", "kind"],
            "items": {"type": "object", "properties": {
                "name": {"type": "string"}, "kind": {"type": "string", "default": "small"},
                "weight": {"type": "integer"}
            }}},
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "steps": {"type": "array", "items": {"type": "object"}},
        "limits": {"type": "object", "additionalProperties": {"type": "integer"}},
        "whole": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": true},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "template": {"type": "object", "x-kubernetes-embedded-resource": true,
            "x-kubernetes-preserve-unknown-fields": true},
    }}}}))
}

fn read(schema: &Value) -> Structural {
    let [group, version, kind] = ["example.com", "v1", "Thing"].map(str::to_owned);
    Structural::new(GroupVersionKind { group, version, kind }, schema)
}

#[test]
fn every_kind_of_schema_has_its_owners() {
    let schema = schema();
    let shape = Shape::of_custom_resource(schemas(), &schema);
    let object = json!({
        "apiVersion": "example.com/v1", "kind": "Thing",
        "metadata": {"labels": {"a": "1"}},
        "spec": {
            "size": "10%", "tags": ["x"], "steps": [{"run": 1}], "limits": {"cpu": 1},
            "parts": [{"name": "p", "weight": 1}],
            "whole": {"a": 1}, "free": {"a": {"b": 1}, "c": [1]},
            "template": {"metadata": {"finalizers": ["f"]}, "kind": "Pod"},
        },
    });
    assert!(check(shape, &object).is_empty());
    assert_eq!(
        encode(&applied(shape, &object)),
        json!({
            "f:apiVersion": {}, "f:kind": {},
            "f:metadata": {"f:labels": {"f:a": {}}},
            "f:spec": {
                "f:size": {}, "f:tags": {"v:\"x\"": {}}, "f:steps": {},
                "f:limits": {"f:cpu": {}},
                "f:parts": {"k:{\"kind\":\"small\",\"name\":\"p\"}": {".": {}, "f:name": {}, "f:weight": {}}},
                "f:whole": {},
                "f:free": {"f:a": {".": {}, "f:b": {}}, "f:c": {}},
                "f:template": {"f:kind": {}, "f:metadata": {"f:finalizers": {"v:\"f\"": {}}}},
            },
        })
    );
}

#[test]
fn fields_outside_the_schema_are_problems_unless_they_are_kept() {
    let schema = schema();
    let shape = Shape::of_custom_resource(schemas(), &schema);
    let object = json!({"spec": {"other": 1, "free": {"x": 1}}});
    assert_eq!(check(shape, &object), [".spec.other: field not declared in schema"]);
}
