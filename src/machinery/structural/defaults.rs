//! Fills in what was left out and has a default.

use serde_json::Value;

use super::node::{Additional, Node};

/// Fills in an object, a list or a map.
pub(super) fn fill(node: &Node, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, child) in &node.properties {
                if let Some(default) = &child.default
                    && map.get(name.as_ref()).is_none_or(|value| is_dropped(child, value))
                {
                    map.insert(name.to_string(), default.clone());
                }
                if child.has_defaults
                    && let Some(value) = map.get_mut(name.as_ref())
                {
                    fill(child, value);
                }
            }
            if let Additional::Of(child) = &node.additional {
                let others = map.iter_mut().filter(|(name, _)| node.property(name).is_none());
                others.for_each(|(_, value)| fill_entry(child, value));
            }
        }
        Value::Array(items) => {
            if let Some(child) = &node.items {
                for item in items {
                    fill_entry(child, item);
                }
            }
        }
        _ => {}
    }
}

fn fill_entry(node: &Node, value: &mut Value) {
    if let Some(default) = node.default.as_ref().filter(|_| is_dropped(node, value)) {
        *value = default.clone();
    }
    if node.has_defaults {
        fill(node, value);
    }
}

/// A null that says nothing gives way to a default.
fn is_dropped(node: &Node, value: &Value) -> bool {
    value.is_null() && !node.nullable
}
