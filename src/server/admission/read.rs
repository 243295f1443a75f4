//! Reading documents without minding what is missing.

use std::collections::BTreeMap;

use machinery::Quantity;
use serde_json::{Map, Value};

/// Amounts by the names of resources.
pub(super) type Amounts = BTreeMap<String, Quantity>;

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

/// The amount a value stands for, if it is one.
pub(super) fn amount(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// A map of amounts; what is no amount is left out.
pub(super) fn amounts(map: &Value) -> Amounts {
    entries(map).filter_map(|(name, value)| Some((name.clone(), amount(value)?))).collect()
}

/// The map at `parent.name`, which is made when it is missing.
pub(super) fn map_mut<'a>(parent: &'a mut Value, name: &str) -> &'a mut Map<String, Value> {
    machinery::document::as_map_mut(&mut parent[name])
}
