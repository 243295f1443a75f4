//! Reading and writing the common parts of a document.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::Labels;

/// How many levels an object may have: whoever reads it, alone, in a list or in an event of a watch, has the limit of
/// the JSON parser, which is 127.
pub const DEPTH_MAX: usize = 120;

/// How many levels of lists and maps a value has.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// `metadata.name`, or the empty string.
pub fn name(object: &Value) -> &str {
    meta_str(object, "name")
}

/// `metadata.namespace`, or the empty string.
pub fn namespace(object: &Value) -> &str {
    meta_str(object, "namespace")
}

/// `metadata.uid`, or the empty string.
pub fn uid(object: &Value) -> &str {
    meta_str(object, "uid")
}

/// `metadata.resourceVersion`, or the empty string.
pub fn resource_version(object: &Value) -> &str {
    meta_str(object, "resourceVersion")
}

/// `apiVersion`, or the empty string.
pub fn api_version(object: &Value) -> &str {
    object.get("apiVersion").and_then(Value::as_str).unwrap_or_default()
}

/// `kind`, or the empty string.
pub fn kind(object: &Value) -> &str {
    object.get("kind").and_then(Value::as_str).unwrap_or_default()
}

/// `metadata.generation`, or zero.
pub fn generation(object: &Value) -> i64 {
    i64_at(object, "/metadata/generation").unwrap_or_default()
}

/// Whether `metadata.deletionTimestamp` is set.
pub fn is_terminating(object: &Value) -> bool {
    !meta_str(object, "deletionTimestamp").is_empty()
}

/// `metadata.labels`.
pub fn labels(object: &Value) -> Labels {
    object.pointer("/metadata/labels").map(string_map).unwrap_or_default()
}

/// `metadata.annotations`.
pub fn annotations(object: &Value) -> Labels {
    object.pointer("/metadata/annotations").map(string_map).unwrap_or_default()
}

/// The value of one annotation.
pub fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

/// `metadata.finalizers`.
pub fn finalizers(object: &Value) -> Vec<&str> {
    strs_at(object, "/metadata/finalizers").collect()
}

/// The text at a JSON pointer, or the empty string.
pub fn str_at<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The integer at a JSON pointer.
pub fn i64_at(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

/// The truth at a JSON pointer; absent is false.
pub fn bool_at(object: &Value, pointer: &str) -> bool {
    object.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

/// The items of the list at a JSON pointer; absent is empty.
pub fn list_at<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The texts of the list at a JSON pointer.
pub fn strs_at<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = &'a str> {
    list_at(object, pointer).iter().filter_map(Value::as_str)
}

/// The object at a JSON pointer.
pub fn map_at<'a>(object: &'a Value, pointer: &str) -> Option<&'a Map<String, Value>> {
    object.pointer(pointer).and_then(Value::as_object)
}

/// A scalar as a field selector compares it: text as it is, numbers and booleans printed, nothing as empty.
pub fn scalar_at<'a>(object: &'a Value, pointer: &str) -> Cow<'a, str> {
    match object.pointer(pointer) {
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => Cow::Owned(value.to_string()),
        _ => Cow::Borrowed(""),
    }
}

/// `metadata` to write to; created when missing.
pub fn metadata_mut(object: &mut Value) -> &mut Map<String, Value> {
    child_mut(object, "metadata")
}

/// The object field `name` to write to; created when missing or not an object.
pub fn child_mut<'a>(object: &'a mut Value, name: &str) -> &'a mut Map<String, Value> {
    entry_mut(as_map_mut(object), name)
}

/// The object field `name` of a map to write to; created when missing or not an object.
pub fn entry_mut<'a>(map: &'a mut Map<String, Value>, name: &str) -> &'a mut Map<String, Value> {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), Value::Null);
    }
    as_map_mut(map.get_mut(name).expect("inserted above when missing"))
}

/// Sets `name` to `value` unless it is there.
pub fn set_default(map: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    if map.get(name).is_none_or(Value::is_null) {
        map.insert(name.to_owned(), value.into());
    }
}

/// Writes `kind` and `apiVersion`.
pub fn set_type(object: &mut Value, api_version: &str, kind: &str) {
    let map = as_map_mut(object);
    map.insert("apiVersion".to_owned(), api_version.into());
    map.insert("kind".to_owned(), kind.into());
}

/// The value as a map to write to; anything else becomes an empty map first.
pub fn as_map_mut(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("made an object above")
}

/// The text entries of a JSON object.
pub fn string_map(value: &Value) -> Labels {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn meta_str<'a>(object: &'a Value, field: &str) -> &'a str {
    object
        .get("metadata")
        .and_then(|meta| meta.get(field))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
