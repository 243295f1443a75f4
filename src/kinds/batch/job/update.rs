//! What may change in a job once it exists.

use machinery::FieldErrors;
use serde_json::{Map, Value};

use crate::fill::{copy, object, remove};
use crate::read::text;

/// Checks a change of a job.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    let path = errors.at("spec");
    let waiting = old["spec"]["suspend"] == true && old["status"]["startTime"].is_null();
    let (new, old) = (&new["spec"], &old["spec"]);
    validate_completions(new, old, errors);
    path.immutable("selector", new.get("selector"), old.get("selector"));
    let mut template = new["template"].clone();
    if waiting {
        keep_placement(&mut template, &old["template"]);
    }
    path.immutable("template", Some(&template), old.get("template"));
    let fixed = [
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "managedBy",
        "successPolicy",
    ];
    for field in fixed {
        path.immutable(field, new.get(field), old.get(field));
    }
}

/// An indexed job may grow and shrink, if all its pods run at once.
fn validate_completions(new: &Value, old: &Value, errors: &FieldErrors) {
    let path = errors.at("spec");
    let (wanted, before) = (&new["completions"], &old["completions"]);
    if text(new, "completionMode") != "Indexed" {
        path.immutable("completions", Some(wanted), Some(before));
    } else if wanted != before && *wanted != new["parallelism"] {
        let detail = "can only be modified in tandem with spec.parallelism";
        path.invalid("completions", wanted.clone(), detail);
    }
}

/// A suspended job that has never run may still be told where to run.
fn keep_placement(template: &mut Value, old: &Value) {
    if let Some(metadata) = object(template, "metadata") {
        for field in ["labels", "annotations"] {
            copy(metadata, field, &old["metadata"]);
        }
    }
    if let Some(spec) = object(template, "spec") {
        for field in ["nodeSelector", "tolerations", "schedulingGates"] {
            copy(spec, field, &old["spec"]);
        }
        keep_node_affinity(spec, &old["spec"]["affinity"]);
    }
}

/// Which nodes it prefers may be told, next to which pods it wants to be not.
fn keep_node_affinity(spec: &mut Value, old: &Value) {
    if spec["affinity"].is_null() && old.is_null() {
        return;
    }
    let Some(affinity) = object(spec, "affinity") else { return };
    copy(affinity, "nodeAffinity", old);
    if old.is_null() && affinity.as_object().is_some_and(Map::is_empty) {
        remove(spec, "affinity");
    }
}
