//! Lists whose items must differ.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::node::{ListShape, Node};
use crate::path::Path;
use crate::{FieldError, FieldErrorKind, FieldErrors};

/// Reports items that occur twice.
pub(super) fn check(node: &Node, items: &[Value], path: &Path<'_>, errors: &FieldErrors) {
    if node.list == ListShape::Atomic {
        return;
    }
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let Some(identity) = identity(node, item) else { continue };
        if !seen.insert(identity.to_string()) {
            errors.push(FieldError {
                kind: FieldErrorKind::Duplicate,
                path: path.index(index).to_string(),
                value: identity,
                detail: String::new(),
            });
        }
    }
}

/// What tells an item from the others.
pub(super) fn identity(node: &Node, item: &Value) -> Option<Value> {
    match &node.list {
        ListShape::Atomic => None,
        ListShape::Set => Some(item.clone()),
        ListShape::Map(keys) => {
            let fields = item.as_object()?;
            let of_key = |key: &str| {
                let default = || node.items.as_ref()?.property(key)?.default.clone();
                fields.get(key).cloned().or_else(default)
            };
            let known = keys.iter().filter_map(|key| Some((key.to_string(), of_key(key)?)));
            Some(Value::Object(known.collect::<Map<_, _>>()))
        }
    }
}
