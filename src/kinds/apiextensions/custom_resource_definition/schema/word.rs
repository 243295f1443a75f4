//! Words of JSON Schema that Kubernetes does not take, or not with every value.

use machinery::FieldPath;
use machinery::structural::Pattern;
use serde_json::Value;

use crate::read::text;

/// What no schema may say.
const UNSUPPORTED: &[&str] =
    &["$ref", "definitions", "dependencies", "patternProperties", "additionalItems", "id"];

/// Checks the words of one schema.
pub(super) fn check(schema: &Value, path: &FieldPath<'_>) {
    for word in UNSUPPORTED {
        let value = &schema[*word];
        if !value.is_null() && value.as_str() != Some("") {
            path.forbidden(word, &format!("{word} is not supported"));
        }
    }
    if schema["uniqueItems"] == true {
        let detail =
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        path.forbidden("uniqueItems", detail);
    }
    let additional = &schema["additionalProperties"];
    let named = schema["properties"].as_object().is_some_and(|named| !named.is_empty());
    if *additional == false {
        path.forbidden("additionalProperties", "additionalProperties cannot be set to false");
    } else if !additional.is_null() && named {
        let detail = "additionalProperties and properties are mutual exclusive";
        path.forbidden("additionalProperties", detail);
    }
    if schema["items"].is_array() {
        path.forbidden("items", "items must be a schema object and not an array");
    }
    if schema["x-kubernetes-preserve-unknown-fields"] == false {
        let field = "x-kubernetes-preserve-unknown-fields";
        path.invalid(field, false, "must be true or undefined");
    }
    check_map_type(schema, path);
    let pattern = text(schema, "pattern");
    if let Some(problem) = Pattern::problem(pattern) {
        let detail = format!("must be a valid regular expression, but isn't: {problem}");
        path.invalid("pattern", pattern, &detail);
    }
}

fn check_map_type(schema: &Value, path: &FieldPath<'_>) {
    let map_type = text(schema, "x-kubernetes-map-type");
    if map_type.is_empty() {
        return;
    }
    match text(schema, "type") {
        "object" => {}
        "" => path.required("type", "must be object if x-kubernetes-map-type is specified"),
        other => {
            let detail = "must be object if x-kubernetes-map-type is specified";
            path.invalid("type", other, detail);
        }
    }
    let known = &["atomic", "granular"];
    if !known.contains(&map_type) {
        path.not_supported("x-kubernetes-map-type", map_type, known);
    }
}
