//! Fields that hold one of a few words.

use machinery::FieldPath;
use serde_json::Value;

use crate::read::text;

/// Reports a field whose text is not one of `supported`; missing is missing.
pub(crate) fn one_of(parent: &Value, field: &str, supported: &[&str], path: &FieldPath<'_>) {
    match text(parent, field) {
        "" => path.required(field, ""),
        value if supported.contains(&value) => {}
        value => path.not_supported(field, value, supported),
    }
}

/// As [`one_of`], but the field may be missing.
pub(crate) fn optional_one_of(
    parent: &Value,
    field: &str,
    supported: &[&str],
    path: &FieldPath<'_>,
) {
    if !parent[field].is_null() {
        one_of(parent, field, supported, path);
    }
}
