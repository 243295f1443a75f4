//! Lists that merge: sets of scalars, and objects told apart by a key.

use serde_json::Value;

use super::{Object, PATCH, Shape, adopt, bad, into_list, merge_map, order};
use crate::ApiError;

/// Merges a patch into a list; new items come where the patch has them, others keep their places.
pub(super) fn merge(
    original: Vec<Value>,
    patch: Vec<Value>,
    key: Option<&str>,
    shape: Shape<'_>,
) -> Result<Vec<Value>, ApiError> {
    let Some(first) = original.first().or(patch.first()) else { return Ok(original) };
    if first.is_array() {
        return Err(ApiError::unprocessable("lists of lists are not supported"));
    }
    let alike = |value: &Value| value.is_object() == first.is_object();
    if !original.iter().chain(&patch).all(alike) {
        return Err(bad("list element types are not identical"));
    }
    if !first.is_object() {
        return Ok(merge_set(original, patch));
    }
    let key = key.ok_or_else(|| bad("cannot merge lists without merge key"))?;
    let before = original.clone();
    let (mut merged, patch) = apply_directives(original, patch, key)?;
    for item in patch.clone() {
        merge_item(&mut merged, item, key, shape)?;
    }
    Ok(order::arrange(merged, &patch, &before, Some(key)))
}

/// Removes values from a list of scalars.
pub(super) fn delete_from(
    original: &mut Object,
    name: &str,
    values: &Value,
) -> Result<(), ApiError> {
    let values = values.as_array().ok_or_else(|| bad("invalid patch format of primitive list"))?;
    if let Some(list) = original.remove(name) {
        let mut list = into_list(list)?;
        list.retain(|value| !values.contains(value));
        original.insert(name.to_owned(), Value::Array(list));
    }
    Ok(())
}

fn merge_set(original: Vec<Value>, patch: Vec<Value>) -> Vec<Value> {
    let mut merged: Vec<Value> = Vec::with_capacity(original.len() + patch.len());
    for value in original.iter().chain(&patch) {
        if !merged.contains(value) {
            merged.push(value.clone());
        }
    }
    order::arrange(merged, &patch, &original, None)
}

/// Carries out the items that are directives; returns the list and the items left to merge.
fn apply_directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
) -> Result<(Vec<Value>, Vec<Value>), ApiError> {
    let mut items = Vec::with_capacity(patch.len());
    let mut replace = false;
    for item in patch {
        match item.get(PATCH).map(Value::as_str) {
            None => items.push(item),
            Some(Some("replace")) => replace = true,
            Some(Some("delete")) => {
                let value = item.get(key).ok_or_else(|| missing_key(&item, key))?;
                original.retain(|old| old.get(key) != Some(value));
            }
            Some(Some("merge")) => {
                return Err(bad("merging lists cannot yet be specified in the patch"));
            }
            Some(_) => return Err(bad(format!("unknown patch type found in list item: {item}"))),
        }
    }
    Ok(if replace { (items, Vec::new()) } else { (original, items) })
}

/// Merges one item into the one of the same key, or appends it.
fn merge_item(
    list: &mut Vec<Value>,
    item: Value,
    key: &str,
    shape: Shape<'_>,
) -> Result<(), ApiError> {
    let value = item.get(key).ok_or_else(|| missing_key(&item, key))?;
    let found = list.iter_mut().find(|old| old.get(key) == Some(value));
    match (found, item) {
        (Some(Value::Object(old)), Value::Object(item)) => {
            *old = merge_map(std::mem::take(old), item, shape)?;
        }
        (_, item) => list.extend(adopt(item)),
    }
    Ok(())
}

fn missing_key(item: &Value, key: &str) -> ApiError {
    bad(format!("map: {item} does not contain declared merge key: {key}"))
}
