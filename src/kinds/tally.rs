//! Counts of pods in the status of a workload, which have to agree with each other.

use machinery::{FieldErrors, FieldPath};
use serde_json::Value;

use crate::number;

/// Checks the status of what keeps replicas, with the counts that are parts of all its replicas.
pub(crate) fn validate(workload: &Value, counts: &[&str], parts: &[&str], errors: &FieldErrors) {
    let (status, path) = (&workload["status"], errors.at("status"));
    number::not_negative(status, counts, &path);
    let detail = "cannot be greater than status.replicas";
    for part in parts {
        not_above(status, part, "replicas", detail, &path);
    }
}

/// Reports pods that are available and yet not ready.
pub(crate) fn validate_available(workload: &Value, ready: &str, errors: &FieldErrors) {
    let detail = format!("cannot be greater than {ready}");
    let path = errors.at("status");
    not_above(&workload["status"], "availableReplicas", "readyReplicas", &detail, &path);
}

/// Reports a count of collisions that goes down: names made with it might come again.
pub(crate) fn validate_collisions(new: &Value, old: &Value, errors: &FieldErrors) {
    let count = |workload: &Value| workload["status"]["collisionCount"].as_i64();
    let (now, before) = (count(new), count(old));
    if now < before {
        errors.at("status").invalid("collisionCount", now.unwrap_or(0), "cannot be decremented");
    }
}

fn not_above(status: &Value, part: &str, whole: &str, detail: &str, path: &FieldPath<'_>) {
    let count = |field: &str| status[field].as_i64().unwrap_or(0);
    if count(part) > count(whole) {
        path.invalid(part, count(part), detail);
    }
}
