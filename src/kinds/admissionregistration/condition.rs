//! Expressions that decide whether a hook or a policy is asked at all.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::read::{items, text};

/// Each is evaluated for every request that the rules let through.
const MAX_CONDITIONS: usize = 64;

/// Checks the conditions of a hook or a policy at `path`.
pub(super) fn validate_all(parent: &Value, path: &FieldPath<'_>) {
    let count = items(parent, "matchConditions").count();
    if count > MAX_CONDITIONS {
        path.too_many("matchConditions", count, MAX_CONDITIONS);
    }
    let mut seen = BTreeSet::new();
    for (index, condition) in items(parent, "matchConditions").enumerate() {
        let path = path.at("matchConditions").index(index);
        if text(condition, "expression").trim().is_empty() {
            path.required("expression", "");
        }
        match text(condition, "name") {
            "" => path.required("name", ""),
            name if !seen.insert(name) => path.duplicate("name", name),
            name => path.check("name", name, names::qualified_name(name)),
        }
    }
}
