//! Fields that must say something.

use machinery::FieldPath;
use serde_json::Value;

use crate::read::{is_unset, items};

/// Reports those of the fields that hold nothing.
pub(crate) fn fields(parent: &Value, fields: &[&str], path: &FieldPath<'_>) {
    for field in fields.iter().filter(|field| is_unset(&parent[**field])) {
        path.required(field, "");
    }
}

/// Reports a list that has no items.
pub(crate) fn list(parent: &Value, field: &str, detail: &str, path: &FieldPath<'_>) {
    if items(parent, field).next().is_none() {
        path.required(field, detail);
    }
}
