//! Pods that are not to be scheduled yet (KEP-3521), and what may still change in them (KEP-3838).

use machinery::{FieldErrors, FieldPath};
use serde_json::{Value, json};

use crate::fill::{copy, present, set};
use crate::read::items;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// Whether something holds the pod back.
pub(super) fn hold(pod: &Value) -> bool {
    items(&pod["spec"], "schedulingGates").next().is_some()
}

/// What a pod that is held back says of itself.
pub(super) fn condition() -> Value {
    json!({
        "type": "PodScheduled", "status": "False", "lastProbeTime": null, "lastTransitionTime": null,
        "reason": "SchedulingGated",
        "message": "Scheduling is blocked due to non-empty scheduling gates",
    })
}

/// Takes back from a spec what may change as long as the pod is held back, so that the rest can be compared.
pub(super) fn take_back(spec: &mut Value, old: &Value) {
    copy(spec, "nodeSelector", old);
    let before = &old["affinity"];
    if before.is_null() && others(&spec["affinity"]).next().is_none() {
        copy(spec, "affinity", old);
        return;
    }
    if spec["affinity"].is_null() {
        set(spec, "affinity", json!({}));
    }
    if let Some(affinity) = present(spec, "affinity") {
        copy(affinity, "nodeAffinity", before);
    }
}

/// What stands in an affinity besides that to nodes.
fn others(affinity: &Value) -> impl Iterator<Item = &String> {
    let fields = affinity.as_object().into_iter().flatten().map(|(name, _)| name);
    fields.filter(|name| *name != "nodeAffinity")
}

/// Checks that the nodes such a pod may go to become fewer, never others.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    let path = errors.at("spec");
    let mut before = old["nodeSelector"].as_object().into_iter().flatten();
    if !before.all(|(key, value)| new["nodeSelector"].get(key) == Some(value)) {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        path.invalid("nodeSelector", new["nodeSelector"].clone(), detail);
    }
    let terms =
        |spec: &'_ Value| spec["affinity"]["nodeAffinity"][REQUIRED]["nodeSelectorTerms"].clone();
    let path = path.at("affinity").at("nodeAffinity").at(REQUIRED).at("nodeSelectorTerms");
    validate_terms(&terms(new), &terms(old), &path);
}

fn validate_terms(new: &Value, old: &Value, path: &FieldPath<'_>) {
    let list = |terms: &Value| terms.as_array().cloned().unwrap_or_default();
    let (terms, before) = (list(new), list(old));
    if before.is_empty() {
        return;
    }
    if terms.len() != before.len() {
        let detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        path.invalid("", new.clone(), detail);
        return;
    }
    for (index, (term, before)) in terms.iter().zip(&before).enumerate() {
        if !only_adds(term, before) {
            let detail = "only additions are allowed (no mutations or deletions)";
            path.index(index).invalid("", term.clone(), detail);
        }
    }
}

/// Whether a term asks for what it did and perhaps more. One that asked for nothing selects no node, and stays so.
fn only_adds(term: &Value, before: &Value) -> bool {
    let lists = ["matchExpressions", "matchFields"];
    let all = |term: &Value, list: &str| items(term, list).cloned().collect::<Vec<_>>();
    if lists.iter().all(|list| all(before, list).is_empty()) {
        return lists.iter().all(|list| all(term, list).is_empty());
    }
    lists.iter().all(|list| all(term, list).starts_with(&all(before, list)))
}

#[cfg(test)]
mod tests;
