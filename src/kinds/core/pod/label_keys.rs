//! Keys of a pod's own labels that narrow which other pods a rule of placement is about (KEP-3633, KEP-3243).

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::{Value, json};

use crate::fill::{items_mut, present, set};
use crate::read::{items, text};

const MATCH: &str = "matchLabelKeys";
const MISMATCH: &str = "mismatchLabelKeys";

/// Writes the keys of a new pod into the selectors they narrow, with the values its labels have.
pub(super) fn merge(pod: &mut Value) {
    let labels = pod["metadata"]["labels"].clone();
    let Some(spec) = present(pod, "spec") else { return };
    for constraint in items_mut(spec, "topologySpreadConstraints") {
        narrow(constraint, &labels);
    }
    let Some(affinity) = present(spec, "affinity") else { return };
    for name in ["podAffinity", "podAntiAffinity"] {
        let Some(rules) = present(affinity, name) else { continue };
        for term in items_mut(rules, "requiredDuringSchedulingIgnoredDuringExecution") {
            narrow(term, &labels);
        }
        for weighed in items_mut(rules, "preferredDuringSchedulingIgnoredDuringExecution") {
            if let Some(term) = present(weighed, "podAffinityTerm") {
                narrow(term, &labels);
            }
        }
    }
}

fn narrow(term: &mut Value, labels: &Value) {
    let mut added = Vec::new();
    for (field, operator) in [(MATCH, "In"), (MISMATCH, "NotIn")] {
        for key in items(term, field).filter_map(Value::as_str) {
            if let Some(value) = labels.get(key) {
                added.push(json!({ "key": key, "operator": operator, "values": [value] }));
            }
        }
    }
    if added.is_empty() {
        return;
    }
    let Some(selector) = present(term, "labelSelector") else { return };
    let mut expressions: Vec<Value> = items(selector, "matchExpressions").cloned().collect();
    expressions.extend(added);
    set(selector, "matchExpressions", expressions);
}

/// Checks the keys of a term or a constraint.
pub(super) fn validate(term: &Value, path: &FieldPath<'_>) {
    let selector = &term["labelSelector"];
    for field in [MATCH, MISMATCH] {
        let path = path.at(field);
        if items(term, field).next().is_some() && selector.is_null() {
            path.forbidden("", "must not be specified when labelSelector is not set");
            continue;
        }
        for (index, key) in items(term, field).filter_map(Value::as_str).enumerate() {
            path.index(index).check("", key, names::qualified_name(key));
        }
    }
    let matched: BTreeSet<&str> = items(term, MATCH).filter_map(Value::as_str).collect();
    for (index, key) in items(term, MISMATCH).filter_map(Value::as_str).enumerate() {
        if matched.contains(key) {
            let detail = "exists in both matchLabelKeys and mismatchLabelKeys";
            path.at(MISMATCH).index(index).invalid("", key, detail);
        }
    }
    let selected = selected(selector);
    for (index, key) in items(term, MATCH).filter_map(Value::as_str).enumerate() {
        if selected.contains(key) {
            let detail = "exists in both matchLabelKeys and labelSelector";
            path.at(MATCH).index(index).invalid("", key, detail);
        }
    }
}

/// The keys a selector names itself, not for the sake of [`merge`], which adds one value each.
fn selected(selector: &Value) -> BTreeSet<&str> {
    let merged = |expression: &&Value| {
        text(expression, "operator") == "In" && items(expression, "values").count() == 1
    };
    let expressions = items(selector, "matchExpressions").filter(|one| !merged(one));
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    labels
        .map(|(key, _)| key.as_str())
        .chain(expressions.map(|expression| text(expression, "key")))
        .collect()
}

#[cfg(test)]
mod tests;
