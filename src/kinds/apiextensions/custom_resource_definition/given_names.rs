//! What a new kind is to be called.

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::read::{items, text};

/// Checks the names at `path`.
pub(super) fn validate(given: &Value, path: &FieldPath<'_>) {
    for field in ["plural", "singular"] {
        match text(given, field) {
            "" => path.required(field, ""),
            name => path.check(field, name, names::dns1035_label(name)),
        }
    }
    for field in ["kind", "listKind"] {
        match text(given, field) {
            "" => path.required(field, ""),
            name => {
                if let Some(problem) = names::dns1035_label(&name.to_lowercase()) {
                    let detail =
                        format!("may have mixed case, but should otherwise match: {problem}");
                    path.invalid(field, name, &detail);
                }
            }
        }
    }
    for field in ["shortNames", "categories"] {
        for (index, name) in items(given, field).filter_map(Value::as_str).enumerate() {
            path.at(field).index(index).check("", name, names::dns1035_label(name));
        }
    }
    let (kind, list) = (text(given, "kind"), text(given, "listKind"));
    if !kind.is_empty() && kind == list {
        path.invalid("listKind", list, "kind and listKind may not be the same");
    }
}
