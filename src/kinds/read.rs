//! Reading documents without minding what is missing.

use serde_json::Value;

/// The items of the list at `parent.name`; none when it is missing.
pub(crate) fn items<'a>(parent: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    parent[name].as_array().into_iter().flatten()
}

/// The text at `parent.name`; empty when it is missing.
pub(crate) fn text<'a>(parent: &'a Value, name: &str) -> &'a str {
    parent[name].as_str().unwrap_or_default()
}

/// Whether a value counts as left out: absent, null or empty text.
pub(crate) fn is_unset(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}
