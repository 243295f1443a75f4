//! Numbers that have to stay within bounds.

use std::ops::RangeInclusive;

use machinery::FieldPath;
use serde_json::Value;

/// Reports those of the fields that are less than zero.
pub(crate) fn not_negative(parent: &Value, fields: &[&str], path: &FieldPath<'_>) {
    for field in fields {
        if parent[*field].as_i64().is_some_and(|number| number < 0) {
            path.invalid(field, parent[*field].clone(), "must be greater than or equal to 0");
        }
    }
}

/// Reports a field that is there and out of range.
pub(crate) fn within(
    parent: &Value,
    field: &str,
    range: RangeInclusive<i64>,
    path: &FieldPath<'_>,
) {
    if let Some(number) = parent[field].as_i64().filter(|number| !range.contains(number)) {
        let detail = format!("must be between {} and {}, inclusive", range.start(), range.end());
        path.invalid(field, number, &detail);
    }
}
