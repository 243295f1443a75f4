//! Whether a schema is structural: what it may say, and where.
//!
//! A structural schema gives every value a type outside of `allOf`, `anyOf`, `oneOf` and `not`, which may only narrow
//! it (KEP-1693). Everything the server does with objects of the kind rests on that.

mod lists;
mod narrow;
mod rules;
mod word;

use machinery::{FieldErrors, FieldPath, GroupVersionKind, Structural};
use serde_json::{Map, Value};

use crate::read::{items, text};

pub(super) use rules::Known;

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];
/// Schemas may be nested no deeper than documents, of which each level of a schema is two.
const DEPTH_MAX: usize = 64;

/// Where in the whole a schema stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Property,
    Item,
    Entry,
}

/// Checks the schema of a version at `path`.
pub(super) fn validate(schema: &Value, known: &Known<'_>, path: &FieldPath<'_>) {
    if schema.is_null() {
        path.required("", "schemas are required");
        return;
    }
    check(schema, Place::Root, Above { uncorrelatable: None, known }, path, 0);
    validate_metadata(schema, path);
}

/// How many values a schema describes, itself included.
pub(super) fn values(schema: &Value) -> usize {
    let inner = ["items", "additionalProperties", "not"].map(|name| &schema[name]);
    let choices = ["allOf", "anyOf", "oneOf"].map(|name| items(schema, name));
    let below = map(schema, "properties").map(|(_, property)| property);
    let below = below.chain(inner).chain(choices.into_iter().flatten());
    1 + below.filter(|schema| schema.is_object()).map(values).sum::<usize>()
}

/// What is known of a schema from above it.
#[derive(Clone, Copy)]
struct Above<'a> {
    /// The list whose items cannot be told apart.
    uncorrelatable: Option<&'a str>,
    known: &'a Known<'a>,
}

fn check(schema: &Value, place: Place, above: Above<'_>, path: &FieldPath<'_>, depth: usize) {
    if depth > DEPTH_MAX {
        let detail = format!("a schema must not be nested deeper than {DEPTH_MAX} levels");
        path.forbidden("", &detail);
        return;
    }
    word::check(schema, path);
    check_type(schema, place, path);
    lists::check(schema, path);
    narrow::check(schema, path);
    let whole = place == Place::Root || schema["x-kubernetes-embedded-resource"] == true;
    rules::check(schema, whole, above.uncorrelatable, above.known, path);
    if let Some(default) = schema.get("default") {
        check_default(schema, default, path);
    }
    for (name, property) in map(schema, "properties") {
        let path = path.at("properties").key(name);
        check(property, Place::Property, above, &path, depth + 1);
    }
    if let Some(items) = schema.get("items").filter(|items| items.is_object()) {
        let own = (schema["x-kubernetes-list-type"] != "map").then(|| path.path());
        let below = Above { uncorrelatable: above.uncorrelatable.or(own), ..above };
        check(items, Place::Item, below, &path.at("items"), depth + 1);
    } else if text(schema, "type") == "array" && !schema["items"].is_array() {
        path.required("items", "must be specified");
    }
    if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
        let path = path.at("additionalProperties");
        check(values, Place::Entry, above, &path, depth + 1);
    }
}

fn check_type(schema: &Value, place: Place, path: &FieldPath<'_>) {
    let int_or_string = schema["x-kubernetes-int-or-string"] == true;
    let preserves = schema["x-kubernetes-preserve-unknown-fields"] == true;
    let given = text(schema, "type");
    match (given, place) {
        ("", _) if int_or_string => {}
        (_, _) if int_or_string => {
            path.forbidden("type", "must be empty if x-kubernetes-int-or-string is true");
        }
        ("", Place::Root) => path.required("type", "must not be empty at the root"),
        ("", _) if preserves => {}
        ("", Place::Item) => path.required("type", "must not be empty for specified array items"),
        ("", _) => path.required("type", "must not be empty for specified object fields"),
        ("null", _) => {
            let detail = "type cannot be set to null, use nullable as an alternative";
            path.forbidden("type", detail);
        }
        ("object", _) => {}
        (other, Place::Root) => path.invalid("type", other, "must be object at the root"),
        (other, _) if !TYPES.contains(&other) => path.not_supported("type", other, TYPES),
        _ => {}
    }
    if schema["x-kubernetes-embedded-resource"] == true {
        if given != "object" {
            let detail = "must be object if x-kubernetes-embedded-resource is true";
            path.invalid("type", given, detail);
        }
        if !preserves && map(schema, "properties").next().is_none() {
            let detail = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
            path.required("properties", detail);
        }
    }
}

/// What the server knows about metadata anyway must not be said again.
fn validate_metadata(schema: &Value, path: &FieldPath<'_>) {
    let properties = path.at("properties");
    for (name, wanted) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "object")] {
        let given = text(&schema["properties"][name], "type");
        if schema["properties"].get(name).is_some() && given != wanted && !given.is_empty() {
            properties.key(name).invalid("type", given, &format!("must be {wanted}"));
        }
    }
    let Some(metadata) = schema["properties"].get("metadata") else { return };
    let beyond =
        map(metadata, "properties").any(|(name, _)| name != "name" && name != "generateName");
    let words = metadata.as_object().into_iter().flatten();
    let mut others = words.filter(|(word, _)| {
        !matches!(word.as_str(), "type" | "properties" | "description" | "title")
    });
    if beyond || others.next().is_some() {
        let detail = "must not specify anything other than name and generateName, but metadata is implicitly specified";
        properties.key("metadata").forbidden("", detail);
    }
}

/// A default must be a value of its own schema, with nothing the schema does not know.
fn check_default(schema: &Value, default: &Value, path: &FieldPath<'_>) {
    let mut bare = Map::new();
    bare.insert("type".to_owned(), "object".into());
    bare.insert(
        "properties".to_owned(),
        Map::from_iter([("value".to_owned(), schema.clone())]).into(),
    );
    let [group, version, kind] = [(); 3].map(|()| String::new());
    let structural = Structural::new(GroupVersionKind { group, version, kind }, &bare.into());
    let mut object = Value::from(Map::from_iter([("value".to_owned(), default.clone())]));
    if !structural.knows(&object, crate::schemas()) {
        let detail = "must not have fields that the schema does not specify";
        path.invalid("default", default.clone(), detail);
        return;
    }
    structural.prune(&mut object, crate::schemas());
    structural.set_defaults(&mut object);
    let errors = FieldErrors::new();
    structural.validate(&object, None, &errors);
    for mut error in errors.into_vec() {
        let below = error.path.strip_prefix("value").unwrap_or_default();
        error.path = format!("{}{below}", path.at("default").path());
        error.detail = error.detail.replace("value in body", "default in body");
        path.errors().push(error);
    }
}

/// The entries of an object in a schema.
fn map<'a>(schema: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    schema[name].as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests;
