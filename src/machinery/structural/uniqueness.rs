//! Lists whose items are told apart: they must differ, and each continues one that was there before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::node::{ListShape, Node};
use crate::path::Path;
use crate::short::short;
use crate::{FieldError, FieldErrorKind, FieldErrors};

/// Reports items that occur twice.
pub(super) fn check(node: &Node, items: &[Value], path: &Path<'_>, errors: &FieldErrors) {
    if node.list == ListShape::Atomic {
        return;
    }
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let Some(identity) = identity(node, item) else { continue };
        if !seen.insert(identity.to_string()) && !errors.is_full() {
            errors.push(FieldError {
                kind: FieldErrorKind::Duplicate,
                path: short(path.index(index)),
                value: identity,
                detail: String::new(),
            });
        }
    }
}

/// The items of an old list, to be found by those of a new one. Only the items of maps have something that stays the
/// same while they change, so only these are compared.
#[derive(Debug)]
pub struct Counterparts<'a> {
    node: &'a Node,
    items: BTreeMap<String, &'a Value>,
}

impl<'a> Counterparts<'a> {
    pub(super) fn new(node: &'a Node, old: Option<&'a Value>) -> Self {
        let mut items = BTreeMap::new();
        let old = old.filter(|_| matches!(node.list, ListShape::Map(_))).and_then(Value::as_array);
        for item in old.into_iter().flatten() {
            if let Some(identity) = identity(node, item) {
                items.entry(identity.to_string()).or_insert(item);
            }
        }
        Self { node, items }
    }

    /// The item that this one continues.
    pub fn of(&self, item: &Value) -> Option<&'a Value> {
        if self.items.is_empty() {
            return None;
        }
        self.items.get(&identity(self.node, item)?.to_string()).copied()
    }
}

/// What tells an item from the others.
fn identity(node: &Node, item: &Value) -> Option<Value> {
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
