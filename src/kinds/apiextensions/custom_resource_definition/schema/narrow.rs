//! `allOf`, `anyOf`, `oneOf` and `not`, which only narrow what is said outside of them.

use machinery::FieldPath;
use serde_json::Value;

use super::map;
use crate::read::items;

/// What belongs outside.
const OUTSIDE: &[&str] = &[
    "type",
    "title",
    "description",
    "default",
    "nullable",
    "additionalProperties",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-validations",
];

/// Checks the junctors of a schema against the schema itself.
pub(super) fn check(schema: &Value, path: &FieldPath<'_>) {
    for name in ["allOf", "anyOf", "oneOf"] {
        for (index, one) in items(schema, name).enumerate() {
            if schema["x-kubernetes-int-or-string"] == true && is_type_choice(one) {
                continue;
            }
            check_one(one, schema, path, &path.at(name).index(index));
        }
    }
    if let Some(not) = schema.get("not") {
        check_one(not, schema, path, &path.at("not"));
    }
}

/// The ways to say once more that a value is a number or text.
fn is_type_choice(one: &Value) -> bool {
    let only = |allowed: &[&str]| {
        one.as_object().is_some_and(|one| one.keys().all(|word| allowed.contains(&word.as_str())))
    };
    let of_types = |one: &Value| matches!(one["type"].as_str(), Some("integer" | "string"));
    (of_types(one) && only(&["type"])) || (only(&["anyOf"]) && items(one, "anyOf").all(of_types))
}

fn check_one(one: &Value, outer: &Value, outer_path: &FieldPath<'_>, path: &FieldPath<'_>) {
    for word in OUTSIDE {
        let said = one.get(*word).is_some_and(|value| !value.is_null() && *value != false);
        if said {
            path.forbidden(word, "must be empty to be structural");
        }
    }
    for (name, property) in map(one, "properties") {
        let inner = path.at("properties").key(name);
        match outer["properties"].get(name) {
            Some(own) => {
                check_one(property, own, &outer_path.at("properties").key(name), &inner);
            }
            None if outer["x-kubernetes-preserve-unknown-fields"] == true => {}
            None => {
                let detail = format!("because it is defined in {}", inner.path());
                outer_path.at("properties").key(name).required("", &detail);
            }
        }
    }
    if let Some(inner) = one.get("items").filter(|inner| inner.is_object()) {
        if outer["items"].is_object() {
            check_one(inner, &outer["items"], &outer_path.at("items"), &path.at("items"));
        } else {
            let detail = format!("because it is defined in {}", path.at("items").path());
            outer_path.required("items", &detail);
        }
    }
    for name in ["allOf", "anyOf", "oneOf"] {
        for (index, deeper) in items(one, name).enumerate() {
            check_one(deeper, outer, outer_path, &path.at(name).index(index));
        }
    }
    if let Some(not) = one.get("not") {
        check_one(not, outer, outer_path, &path.at("not"));
    }
}
