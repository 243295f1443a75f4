//! Reading documents without minding what is missing.

use serde_json::{Map, Value};

pub(super) use kinds::demand::{Amounts, amount, amounts};

/// The items of the list at `parent.name`; none when it is missing.
pub(super) fn items<'a>(parent: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    parent[name].as_array().into_iter().flatten()
}

/// The text at `parent.name`; empty when it is missing.
pub(super) fn text<'a>(parent: &'a Value, name: &str) -> &'a str {
    parent[name].as_str().unwrap_or_default()
}

/// The entries of a map; none when it is missing.
pub(super) fn entries(map: &Value) -> impl Iterator<Item = (&String, &Value)> {
    map.as_object().into_iter().flatten()
}

/// The map at `parent.name`, which is made when it is missing.
pub(super) fn map_mut<'a>(parent: &'a mut Value, name: &str) -> &'a mut Map<String, Value> {
    machinery::document::as_map_mut(&mut parent[name])
}
