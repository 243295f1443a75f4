//! The parts of metadata that belong to the server.

use std::collections::BTreeSet;

use jiff::Timestamp;
use machinery::{ApiError, document};
use serde_json::{Map, Value};

use super::call::Place;
use super::options::uid_mismatch;

/// Who owns which fields.
pub(super) const MANAGED_FIELDS: &str = "managedFields";
/// Fields a writer may send and the server does not keep.
const DROPPED: &[&str] = &["selfLink"];
/// Fields that are as they were, whatever a writer sends.
const KEPT: &[&str] =
    &["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"];

/// A time as metadata writes it: whole seconds, UTC.
pub(super) fn timestamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Refuses a body that names another object than the path.
pub(super) fn check_place(place: &Place<'_>, object: &mut Value) -> Result<(), ApiError> {
    let metadata = document::metadata_mut(object);
    let name = metadata.get("name").and_then(Value::as_str).unwrap_or_default();
    if !place.name.is_empty() && name != place.name {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            place.name
        )));
    }
    check_namespace(place, metadata)
}

/// The namespace of the path is the namespace of the object.
pub(super) fn check_namespace(
    place: &Place<'_>,
    metadata: &mut Map<String, Value>,
) -> Result<(), ApiError> {
    let found = metadata.get("namespace").and_then(Value::as_str).unwrap_or_default();
    match place.namespace.filter(|_| place.served.is_namespaced()) {
        Some(namespace) if found.is_empty() => {
            metadata.insert("namespace".to_owned(), namespace.into());
        }
        Some(namespace) if found != namespace => {
            return Err(ApiError::bad_request(format!(
                "the namespace of the provided object does not match the namespace sent on the request ({found} is not {namespace})"
            )));
        }
        Some(_) => {}
        // Cluster-wide objects have none, and some clients send one all the same.
        None => drop(metadata.remove("namespace")),
    }
    Ok(())
}

/// Takes from a new object what only the server can give it.
pub(super) fn wipe(object: &mut Value) {
    let metadata = document::metadata_mut(object);
    for name in DROPPED.iter().chain(KEPT).chain(&["resourceVersion", MANAGED_FIELDS]) {
        metadata.remove(*name);
    }
}

/// Gives it that, whatever somebody put there meanwhile.
pub(super) fn begin(object: &mut Value, uid: String, now: Timestamp, generation: bool) {
    let metadata = document::metadata_mut(object);
    for name in DROPPED.iter().chain(KEPT).chain(&["resourceVersion"]) {
        metadata.remove(*name);
    }
    metadata.insert("uid".to_owned(), uid.into());
    metadata.insert("creationTimestamp".to_owned(), timestamp(now).into());
    if generation {
        metadata.insert("generation".to_owned(), 1.into());
    }
}

/// Carries over from the stored object what no writer may change.
pub(super) fn carry_over(place: &Place<'_>, new: &mut Value, old: &Value) -> Result<(), ApiError> {
    let uid = document::uid(new);
    if !uid.is_empty() && uid != document::uid(old) {
        let resource = place.served.resource();
        return Err(uid_mismatch(resource, place.name, uid, document::uid(old)));
    }
    let metadata = document::metadata_mut(new);
    for name in DROPPED {
        metadata.remove(*name);
    }
    for name in KEPT.iter().chain(&["resourceVersion"]) {
        match old["metadata"].get(*name) {
            Some(value) => metadata.insert((*name).to_owned(), value.clone()),
            None => metadata.remove(*name),
        };
    }
    Ok(())
}

/// Keeps each owner once, and says which the writer named more often: some add theirs again at every turn.
pub(super) fn dedupe_owners(object: &mut Value) -> Option<String> {
    let owners = document::metadata_mut(object).get_mut("ownerReferences")?.as_array_mut()?;
    let (mut seen, mut again) = (BTreeSet::new(), Vec::new());
    owners.retain(|owner| {
        let first = seen.insert(owner.to_string());
        if !first {
            again.push(owner["uid"].as_str().unwrap_or_default().to_owned());
        }
        first
    });
    (!again.is_empty()).then(|| {
        format!(
            ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, \
             and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            again.join(", ")
        )
    })
}

/// Counts one more change of what the object asks for.
pub(super) fn raise_generation(object: &mut Value) {
    let generation = document::generation(object);
    if generation > 0 {
        document::metadata_mut(object).insert("generation".to_owned(), (generation + 1).into());
    }
}
