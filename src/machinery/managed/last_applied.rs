//! Coming from client-side apply: what kubectl applied that way before, it may apply this way without a conflict.

use serde_json::Value;

use super::compare::compare;
use super::conflict::Conflicts;
use super::write::Write;
use super::{FieldSet, collect};
use crate::document;

/// Where client-side apply keeps what it applied last.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Beyond this an object's annotations are refused; the history is dropped rather than the apply.
const TEXT_BYTES_MAX: usize = 256 << 10;
/// The manager whose history is taken over; others opt out by having a name of their own.
const KUBECTL: &str = "kubectl";

/// The conflicts that remain once kubectl is allowed what client-side apply wrote and nobody changed since.
pub(super) fn without_allowed(conflicts: Conflicts, write: &Write<'_>, live: &Value) -> Conflicts {
    if write.manager != KUBECTL {
        return conflicts;
    }
    match allowed(write, live) {
        Some(allowed) => conflicts.without(&allowed),
        None => conflicts,
    }
}

fn allowed(write: &Write<'_>, live: &Value) -> Option<FieldSet> {
    let text = document::annotation(live, LAST_APPLIED).filter(|text| !text.is_empty())?;
    let last: Value = serde_json::from_str(text).ok()?;
    if document::api_version(&last) != write.api_version {
        return None;
    }
    let since = compare(write.shape, &last, live);
    let fields = collect::applied(write.shape, &last);
    Some(fields.difference(&since.changed()).difference(&since.removed))
}

/// Keeps the annotation of client-side apply true, where an object has one, so that going back works.
pub fn refresh(write: &Write<'_>, object: &mut Value, applied: &Value) {
    if write.manager != KUBECTL || document::annotation(object, LAST_APPLIED).is_none() {
        return;
    }
    let mut applied = applied.clone();
    if let Some(map) = applied.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        map.remove(LAST_APPLIED);
    }
    let text = format!("{applied}\n");
    let annotations = document::entry_mut(document::metadata_mut(object), "annotations");
    if text.len() > TEXT_BYTES_MAX {
        annotations.remove(LAST_APPLIED);
    } else {
        annotations.insert(LAST_APPLIED.to_owned(), text.into());
    }
}

#[cfg(test)]
mod tests;
