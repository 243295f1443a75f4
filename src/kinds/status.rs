//! Status is written apart from the rest of an object.

use serde_json::Value;

/// Metadata a write to `/status` may change; the rest stays as it was.
const METADATA_OF_STATUS_WRITES: &[&str] =
    &["labels", "annotations", "finalizers", "ownerReferences", "managedFields", "resourceVersion"];

/// Takes everything except the status (and the metadata that may go with it) from `old`.
pub(crate) fn keep_all_but_status(new: &mut Value, old: &Value) {
    keep(new, old, METADATA_OF_STATUS_WRITES);
}

/// Takes everything except the status from `old`, of kinds whose metadata no write to `/status` changes. Who owns
/// which field goes with the status.
pub(crate) fn take_status_alone(new: &mut Value, old: &Value) {
    keep(new, old, &["managedFields"]);
}

fn keep(new: &mut Value, old: &Value, written: &[&str]) {
    let status = new.get_mut("status").map(Value::take);
    let metadata = new.get_mut("metadata").map(Value::take).unwrap_or_default();
    *new = old.clone();
    replace(new, "status", status);
    if let Some(kept) = new.get_mut("metadata") {
        for name in written {
            replace(kept, name, metadata.get(*name).cloned());
        }
    }
}

fn replace(parent: &mut Value, name: &str, value: Option<Value>) {
    let Some(fields) = parent.as_object_mut() else { return };
    match value.filter(|value| !value.is_null()) {
        Some(value) => fields.insert(name.to_owned(), value),
        None => fields.remove(name),
    };
}
