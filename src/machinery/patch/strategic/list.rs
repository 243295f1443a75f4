//! Lists that merge: sets of scalars, and objects told apart by a key.

use std::collections::{HashMap, HashSet};

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
    let (merged, patch) = apply_directives(original, patch, key)?;
    let mut keyed = Keyed::new(merged, key);
    for item in patch.clone() {
        keyed.merge(item, shape)?;
    }
    Ok(order::arrange(keyed.list, &patch, &before, Some(key)))
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
        let values: HashSet<&Value> = values.iter().collect();
        list.retain(|value| !values.contains(value));
        original.insert(name.to_owned(), Value::Array(list));
    }
    Ok(())
}

fn merge_set(original: Vec<Value>, patch: Vec<Value>) -> Vec<Value> {
    let mut seen = HashSet::with_capacity(original.len() + patch.len());
    let all = original.iter().chain(&patch);
    let merged = all.filter(|value| seen.insert(*value)).cloned().collect();
    order::arrange(merged, &patch, &original, None)
}

/// Carries out the items that are directives; returns the list and the items left to merge.
fn apply_directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
) -> Result<(Vec<Value>, Vec<Value>), ApiError> {
    let mut items = Vec::with_capacity(patch.len());
    let mut deleted = HashSet::new();
    let mut replace = false;
    for item in patch {
        match item.get(PATCH).map(Value::as_str) {
            None => items.push(item),
            Some(Some("replace")) => replace = true,
            Some(Some("delete")) => {
                let value = item.get(key).ok_or_else(|| missing_key(&item, key))?;
                deleted.insert(value.clone());
            }
            Some(Some("merge")) => {
                return Err(bad("merging lists cannot yet be specified in the patch"));
            }
            Some(_) => return Err(bad(format!("unknown patch type found in list item: {item}"))),
        }
    }
    original.retain(|old| old.get(key).is_none_or(|value| !deleted.contains(value)));
    Ok(if replace { (items, Vec::new()) } else { (original, items) })
}

/// A list of objects told apart by a key, and where the first of each is.
struct Keyed<'a> {
    list: Vec<Value>,
    key: &'a str,
    places: HashMap<Value, usize>,
}

impl<'a> Keyed<'a> {
    fn new(list: Vec<Value>, key: &'a str) -> Self {
        let mut keyed = Self { places: HashMap::with_capacity(list.len()), list: Vec::new(), key };
        for item in list {
            keyed.push(item);
        }
        keyed
    }

    fn push(&mut self, item: Value) {
        if let Some(value) = item.get(self.key) {
            self.places.entry(value.clone()).or_insert(self.list.len());
        }
        self.list.push(item);
    }

    /// Merges one item into the one of the same key, or appends it.
    fn merge(&mut self, item: Value, shape: Shape<'_>) -> Result<(), ApiError> {
        let value = item.get(self.key).ok_or_else(|| missing_key(&item, self.key))?;
        let found = self.places.get(value).map(|place| &mut self.list[*place]);
        match (found, item) {
            (Some(Value::Object(old)), Value::Object(item)) => {
                *old = merge_map(std::mem::take(old), item, shape)?;
            }
            (_, item) => {
                if let Some(item) = adopt(item) {
                    self.push(item);
                }
            }
        }
        Ok(())
    }
}

fn missing_key(item: &Value, key: &str) -> ApiError {
    bad(format!("map: {item} does not contain declared merge key: {key}"))
}
