//! Filling in what the writer of a document left out.
//!
//! Go cannot tell an absent string or number from an empty one, and so defaults replace both.

use serde_json::{Map, Value};

use crate::read::is_unset;

/// Sets `parent.name` unless it holds something; an empty string is nothing.
pub(crate) fn default(parent: &mut Value, name: &str, value: impl Into<Value>) {
    if is_unset(&parent[name]) {
        set(parent, name, value);
    }
}

/// Sets `parent.name` unless it is a number other than zero.
pub(crate) fn default_number(parent: &mut Value, name: &str, value: i64) {
    if parent[name].as_i64().unwrap_or(0) == 0 {
        set(parent, name, value);
    }
}

/// Sets `parent.name`, if `parent` is an object.
pub(crate) fn set(parent: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(fields) = parent.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
}

/// Removes `parent.name`, if it is there.
pub(crate) fn remove(parent: &mut Value, name: &str) -> Option<Value> {
    parent.as_object_mut().and_then(|fields| fields.remove(name))
}

/// Gives `parent.name` the value it has in `from`, or removes it.
pub(crate) fn copy(parent: &mut Value, name: &str, from: &Value) {
    match from.get(name) {
        Some(value) => set(parent, name, value.clone()),
        None => {
            remove(parent, name);
        }
    }
}

/// The object at `parent.name`, made when it is missing; `None` when something else is there.
pub(crate) fn object<'a>(parent: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    if is_unset(&parent[name]) {
        set(parent, name, Map::new());
    }
    parent.get_mut(name).filter(|value| value.is_object())
}

/// The object at `parent.name`, if it is there.
pub(crate) fn present<'a>(parent: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    parent.get_mut(name).filter(|value| value.is_object())
}

/// The items of the list at `parent.name`; none when it is missing.
pub(crate) fn items_mut<'a>(
    parent: &'a mut Value,
    name: &str,
) -> impl Iterator<Item = &'a mut Value> {
    parent.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}
