//! The conditions of an object's status.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::read::{is_unset, items, text};

const STATUSES: &[&str] = &["False", "True", "Unknown"];

/// A reason is a word for programs, a message a text for people.
const MAX_REASON_BYTES: usize = 1024;
const MAX_MESSAGE_BYTES: usize = 32 * 1024;

/// The condition of this type, if the object has it.
pub(crate) fn find<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    items(&object["status"], "conditions").find(|condition| text(condition, "type") == name)
}

/// Whether the object has the condition, and it holds.
pub(crate) fn holds(object: &Value, name: &str) -> bool {
    find(object, name).is_some_and(|condition| text(condition, "status") == "True")
}

/// Checks the conditions of a status at `path`, of kinds that use those of all kinds.
pub(crate) fn validate(status: &Value, path: &FieldPath<'_>) {
    let mut seen = BTreeSet::new();
    for (index, condition) in items(status, "conditions").enumerate() {
        let path = path.at("conditions").index(index);
        let name = text(condition, "type");
        if !seen.insert(name) {
            path.duplicate("type", name);
        }
        path.check("type", name, names::qualified_name(name));
        let holds = text(condition, "status");
        if !STATUSES.contains(&holds) {
            path.not_supported("status", holds, STATUSES);
        }
        if let Some(seen) = condition["observedGeneration"].as_i64().filter(|seen| *seen < 0) {
            let detail = "must be greater than or equal to zero";
            path.invalid("observedGeneration", seen, detail);
        }
        if is_unset(&condition["lastTransitionTime"]) {
            path.required("lastTransitionTime", "must be set");
        }
        validate_reason(text(condition, "reason"), &path);
        if text(condition, "message").len() > MAX_MESSAGE_BYTES {
            path.too_long("message", MAX_MESSAGE_BYTES);
        }
    }
}

fn validate_reason(reason: &str, path: &FieldPath<'_>) {
    const MESSAGE: &str = "a condition reason must start with alphabetic character, optionally followed by a string of \
        alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or \
        'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is \
        '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";
    if reason.is_empty() {
        path.required("reason", "must be set");
        return;
    }
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = reason.as_bytes();
    let fits = bytes[0].is_ascii_alphabetic()
        && bytes.iter().all(|byte| is_word(*byte) || b",:".contains(byte))
        && bytes.last().copied().is_some_and(is_word);
    if !fits {
        path.invalid("reason", reason, MESSAGE);
    }
    if reason.len() > MAX_REASON_BYTES {
        path.too_long("reason", MAX_REASON_BYTES);
    }
}
