//! Lists whose items are told apart.

use machinery::FieldPath;
use serde_json::Value;

use crate::read::{items, text};

const LIST_TYPE: &str = "x-kubernetes-list-type";
const MAP_KEYS: &str = "x-kubernetes-list-map-keys";

/// Checks what a schema says about the items of a list.
pub(super) fn check(schema: &Value, path: &FieldPath<'_>) {
    let list_type = text(schema, LIST_TYPE);
    let has_keys = items(schema, MAP_KEYS).next().is_some();
    if has_keys && list_type != "map" {
        let detail = "must be map if x-kubernetes-list-map-keys is non-empty";
        if list_type.is_empty() {
            path.required(LIST_TYPE, detail);
        } else {
            path.invalid(LIST_TYPE, list_type, detail);
        }
    }
    if list_type.is_empty() {
        return;
    }
    match text(schema, "type") {
        "array" => {}
        "" => path.required("type", "must be array if x-kubernetes-list-type is specified"),
        other => {
            let detail = "must be array if x-kubernetes-list-type is specified";
            path.invalid("type", other, detail);
        }
    }
    match list_type {
        "atomic" => {}
        "set" => check_set(&schema["items"], &path.at("items")),
        "map" => check_map(schema, path),
        other => path.not_supported(LIST_TYPE, other, &["atomic", "map", "set"]),
    }
}

/// Values of a set are compared as they are, so they are scalars or owned as a whole.
fn check_set(item: &Value, path: &FieldPath<'_>) {
    if item["nullable"] == true {
        path.forbidden("nullable", "cannot be nullable when x-kubernetes-list-type is set");
    }
    match text(item, "type") {
        "object" if text(item, "x-kubernetes-map-type") != "atomic" => {
            let detail = "items as object must have x-kubernetes-map-type atomic if parent array's x-kubernetes-list-type is set";
            path.invalid("x-kubernetes-map-type", text(item, "x-kubernetes-map-type"), detail);
        }
        "array" if !matches!(text(item, LIST_TYPE), "" | "atomic") => {
            let detail = "items as array must have x-kubernetes-list-type atomic if parent array's x-kubernetes-list-type is set";
            path.invalid(LIST_TYPE, text(item, LIST_TYPE), detail);
        }
        _ => {}
    }
}

fn check_map(schema: &Value, path: &FieldPath<'_>) {
    if items(schema, MAP_KEYS).next().is_none() {
        let detail = "must not be empty if x-kubernetes-list-type is map";
        path.required(MAP_KEYS, detail);
    }
    let (item, item_path) = (&schema["items"], path.at("items"));
    if item.is_null() {
        return;
    }
    if text(item, "type") != "object" {
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        item_path.invalid("type", text(item, "type"), detail);
    }
    let required: Vec<&str> = items(item, "required").filter_map(Value::as_str).collect();
    let mut seen = Vec::new();
    for (index, key) in items(schema, MAP_KEYS).filter_map(Value::as_str).enumerate() {
        let key_path = path.at(MAP_KEYS).index(index);
        if seen.contains(&key) {
            key_path.duplicate("", key);
        }
        seen.push(key);
        let Some(property) = item["properties"].get(key) else {
            key_path.invalid("", key, "entries must all be names of item properties");
            continue;
        };
        let property_path = item_path.at("properties").key(key);
        if matches!(text(property, "type"), "object" | "array") {
            let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
            property_path.invalid("type", text(property, "type"), detail);
        }
        if property["nullable"] == true {
            let detail = "cannot be nullable when x-kubernetes-list-type is map";
            property_path.forbidden("nullable", detail);
        }
        if property["default"].is_null() && !required.contains(&key) {
            let detail = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            property_path.required("default", detail);
        }
    }
}
