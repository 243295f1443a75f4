//! The conditions of an object's status.

use serde_json::Value;

use crate::read::{items, text};

/// The condition of this type, if the object has it.
pub(crate) fn find<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    items(&object["status"], "conditions").find(|condition| text(condition, "type") == name)
}

/// Whether the object has the condition, and it holds.
pub(crate) fn holds(object: &Value, name: &str) -> bool {
    find(object, name).is_some_and(|condition| text(condition, "status") == "True")
}
