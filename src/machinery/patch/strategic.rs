//! Strategic merge patch: a merge patch that knows which lists are maps and which are sets.
//!
//! Besides null, which deletes, a patch may hold directives: `$patch` (replace or delete a map, delete an item, replace
//! a list), `$retainKeys` (clear all other keys), `$deleteFromPrimitiveList/x` and `$setElementOrder/x`.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::{ApiError, Definition, FieldType, PatchStrategy, Schemas};

mod list;
mod order;

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const SET_ORDER: &str = "$setElementOrder/";

type Object = Map<String, Value>;

/// Applies a strategic merge patch to an object of this definition.
pub fn apply(
    object: Value,
    patch: &Value,
    schemas: &Schemas,
    definition: &Definition,
) -> Result<Value, ApiError> {
    let Value::Object(patch) = patch else {
        return Err(bad("cannot unmarshal the patch: it is no object"));
    };
    let original = match object {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    let shape = Shape { schemas, of: Of::Definition(definition) };
    merge_map(original, patch.clone(), shape).map(Value::Object)
}

/// What the schema says about the place a merge stands at.
#[derive(Clone, Copy)]
struct Shape<'a> {
    schemas: &'a Schemas,
    of: Of<'a>,
}

#[derive(Clone, Copy)]
enum Of<'a> {
    Definition(&'a Definition),
    /// A map, all of whose values are alike.
    Values(&'a FieldType),
    /// No schema: maps merge, everything else is replaced.
    Anything,
}

impl<'a> Shape<'a> {
    /// The shape below a field (for a list, of its items) and how the field is patched.
    fn field(self, name: &str) -> (Self, PatchStrategy) {
        match self.of {
            Of::Definition(definition) => match definition.field(name) {
                Some(field) => (self.of_type(&field.kind), field.patch.clone()),
                None => (self.of_anything(), PatchStrategy::default()),
            },
            Of::Values(kind) => (self.of_type(kind), PatchStrategy::default()),
            Of::Anything => (self, PatchStrategy::default()),
        }
    }

    fn of_type(self, kind: &'a FieldType) -> Self {
        let of = match kind {
            FieldType::Object(id) => Of::Definition(self.schemas.get(*id)),
            FieldType::List(item) => return self.of_type(item),
            FieldType::Map(value) => Of::Values(value),
            _ => Of::Anything,
        };
        Self { of, ..self }
    }

    fn of_anything(self) -> Self {
        Self { of: Of::Anything, ..self }
    }
}

/// Merges a patch into a map.
fn merge_map(
    mut original: Object,
    mut patch: Object,
    shape: Shape<'_>,
) -> Result<Object, ApiError> {
    if let Some(directive) = patch.remove(PATCH) {
        return match directive.as_str() {
            Some("replace") => Ok(patch),
            Some("delete") => Ok(Map::new()),
            _ => {
                let name = directive.as_str().unwrap_or_default();
                Err(bad(format!("unknown patch type: {name} in map")))
            }
        };
    }
    retain_keys(&mut original, &mut patch)?;
    for (name, order) in take_orders(&mut patch) {
        merge_ordered(&mut original, &mut patch, &name, &order, shape)?;
    }
    for (key, change) in patch {
        match key.strip_prefix(DELETE_FROM) {
            Some(name) => list::delete_from(&mut original, name, &change)?,
            None => merge_field(&mut original, key, change, shape)?,
        }
    }
    Ok(original)
}

fn merge_field(
    original: &mut Object,
    key: String,
    change: Value,
    shape: Shape<'_>,
) -> Result<(), ApiError> {
    if change.is_null() {
        original.remove(&key);
        return Ok(());
    }
    let (inner, strategy) = shape.field(&key);
    let merged = match (original.remove(&key), change) {
        (Some(Value::Object(old)), Value::Object(new)) if !strategy.replace => {
            Some(Value::Object(merge_map(old, new, inner)?))
        }
        (Some(Value::Array(old)), Value::Array(new)) if strategy.merge => {
            Some(Value::Array(list::merge(old, new, strategy.merge_key.as_deref(), inner)?))
        }
        (_, new) => adopt(new),
    };
    original.extend(merged.map(|merged| (key, merged)));
    Ok(())
}

/// Clears the keys that `$retainKeys` does not name.
fn retain_keys(original: &mut Object, patch: &mut Object) -> Result<(), ApiError> {
    let Some(directive) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let malformed = || bad("invalid patch format of retainKeys");
    let kept = directive.as_array().ok_or_else(malformed)?;
    let kept: HashSet<&str> = kept.iter().filter_map(Value::as_str).collect();
    let is_kept = |key: &str| kept.contains(key);
    let sets = |(key, value): (&String, &Value)| !value.is_null() && !is_directive(key);
    if patch.iter().filter(|entry| sets(*entry)).any(|(key, _)| !is_kept(key)) {
        return Err(malformed());
    }
    original.retain(|key, _| is_kept(key));
    Ok(())
}

/// Removes the `$setElementOrder` directives from a patch: field names with their orders.
fn take_orders(patch: &mut Object) -> Vec<(String, Value)> {
    let names: Vec<String> =
        patch.keys().filter_map(|key| key.strip_prefix(SET_ORDER)).map(str::to_owned).collect();
    names
        .into_iter()
        .filter_map(|name| patch.remove(&format!("{SET_ORDER}{name}")).map(|order| (name, order)))
        .collect()
}

/// Merges one list and brings it into the order the patch names.
fn merge_ordered(
    original: &mut Object,
    patch: &mut Object,
    name: &str,
    order: &Value,
    shape: Shape<'_>,
) -> Result<(), ApiError> {
    let malformed = || bad("invalid patch format of setElementOrder list");
    let order = order.as_array().ok_or_else(malformed)?;
    let (inner, strategy) = shape.field(name);
    let key = strategy.merge_key.as_deref();
    let old = original.remove(name).map(into_list).transpose()?;
    let new = patch.remove(name).filter(|new| !new.is_null()).map(into_list).transpose()?;
    if let Some(new) = &new {
        order::check(new, order, key, name)?;
    }
    let before = old.clone().unwrap_or_default();
    let merged = match (old, new) {
        (None, None) => return Ok(()),
        (Some(old), None) => old,
        (None, Some(new)) => new.into_iter().filter_map(adopt).collect(),
        (Some(old), Some(new)) if strategy.merge => list::merge(old, new, key, inner)?,
        (Some(_), Some(new)) => new,
    };
    let ordered = order::arrange(merged, order, &before, key);
    original.insert(name.to_owned(), Value::Array(ordered));
    Ok(())
}

fn into_list(value: Value) -> Result<Vec<Value>, ApiError> {
    match value {
        Value::Array(list) => Ok(list),
        _ => Err(bad("invalid patch format: expected a list")),
    }
}

/// A value with nothing to merge into: nulls delete nothing, and directives have nothing to direct.
fn adopt(value: Value) -> Option<Value> {
    Some(match value {
        Value::Null => return None,
        Value::Object(map) if map.contains_key(PATCH) => return None,
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(key, _)| !is_directive(key))
                .filter_map(|(key, value)| Some((key, adopt(value)?)))
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.into_iter().filter_map(adopt).collect()),
        value => value,
    })
}

fn is_directive(key: &str) -> bool {
    key == RETAIN_KEYS || key.starts_with(DELETE_FROM) || key.starts_with(SET_ORDER)
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::bad_request(message)
}

#[cfg(test)]
mod tests;
