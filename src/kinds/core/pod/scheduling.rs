//! Where a pod may, should and must not run: tolerations, affinity, spreading.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use super::label_keys;
use super::spec::{one_of, optional_one_of};
use crate::read::{items, text};
use crate::selector;

const EFFECTS: &[&str] = &["NoExecute", "NoSchedule", "PreferNoSchedule"];
const NODE_OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

/// Checks what the spec at `path` says about nodes.
pub(super) fn validate(spec: &Value, path: &FieldPath<'_>) {
    for (index, toleration) in items(spec, "tolerations").enumerate() {
        validate_toleration(toleration, &path.at("tolerations").index(index));
    }
    let affinity = path.at("affinity");
    validate_node_affinity(&spec["affinity"]["nodeAffinity"], &affinity.at("nodeAffinity"));
    for name in ["podAffinity", "podAntiAffinity"] {
        validate_pod_affinity(&spec["affinity"][name], &affinity.at(name));
    }
    let spread = path.at("topologySpreadConstraints");
    for (index, constraint) in items(spec, "topologySpreadConstraints").enumerate() {
        validate_spread(constraint, &spread.index(index));
    }
    refuse_repeated_spread(spec, &spread);
}

/// Checks one toleration.
pub(crate) fn validate_toleration(toleration: &Value, path: &FieldPath<'_>) {
    let (key, operator) = (text(toleration, "key"), text(toleration, "operator"));
    if !key.is_empty() {
        path.check("key", key, names::qualified_name(key));
    } else if operator != "Exists" {
        path.invalid(
            "operator",
            operator,
            "operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
        );
    }
    if !toleration["tolerationSeconds"].is_null() && text(toleration, "effect") != "NoExecute" {
        let effect = text(toleration, "effect");
        path.invalid(
            "effect",
            effect,
            "effect must be 'NoExecute' when `tolerationSeconds` is set",
        );
    }
    let value = text(toleration, "value");
    match operator {
        "" | "Equal" => path.check("operator", value, names::label_value(value)),
        "Exists" if !value.is_empty() => {
            path.invalid("operator", value, "value must be empty when `operator` is 'Exists'");
        }
        "Exists" => {}
        other => path.not_supported("operator", other, &["Equal", "Exists"]),
    }
    if !text(toleration, "effect").is_empty() {
        one_of(toleration, "effect", EFFECTS, path);
    }
}

fn validate_node_affinity(affinity: &Value, path: &FieldPath<'_>) {
    let required = &affinity["requiredDuringSchedulingIgnoredDuringExecution"];
    if !required.is_null() {
        let path = path.at("requiredDuringSchedulingIgnoredDuringExecution");
        validate_node_selector(required, &path);
    }
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    for (index, term) in items(affinity, preferred).enumerate() {
        let path = path.at(preferred).index(index);
        validate_weight(term, &path);
        validate_node_term(&term["preference"], &path.at("preference"));
    }
}

/// Checks what selects nodes: at least one term.
pub(crate) fn validate_node_selector(selector: &Value, path: &FieldPath<'_>) {
    if items(selector, "nodeSelectorTerms").next().is_none() {
        path.required("nodeSelectorTerms", "must have at least one node selector term");
    }
    for (index, term) in items(selector, "nodeSelectorTerms").enumerate() {
        validate_node_term(term, &path.at("nodeSelectorTerms").index(index));
    }
}

fn validate_weight(term: &Value, path: &FieldPath<'_>) {
    let weight = term["weight"].as_i64().unwrap_or(0);
    if !(1..=100).contains(&weight) {
        path.invalid("weight", weight, "must be in the range 1-100");
    }
}

fn validate_node_term(term: &Value, path: &FieldPath<'_>) {
    for (index, expression) in items(term, "matchExpressions").enumerate() {
        let path = path.at("matchExpressions").index(index);
        let key = text(expression, "key");
        path.check("key", key, names::qualified_name(key));
        let count = items(expression, "values").count();
        match text(expression, "operator") {
            "In" | "NotIn" if count == 0 => {
                path.required("values", "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if count > 0 => path.forbidden(
                "values",
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
            "Gt" | "Lt" if count != 1 => path.required(
                "values",
                "must be specified single value when `operator` is 'Lt' or 'Gt'",
            ),
            known if NODE_OPERATORS.contains(&known) => {}
            other => path.invalid("operator", other, "not a valid selector operator"),
        }
    }
    for (index, field) in items(term, "matchFields").enumerate() {
        if text(field, "key") != "metadata.name" {
            let path = path.at("matchFields").index(index);
            path.invalid("key", text(field, "key"), "not a valid field selector key");
        }
    }
}

fn validate_pod_affinity(affinity: &Value, path: &FieldPath<'_>) {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    for (index, term) in items(affinity, required).enumerate() {
        validate_pod_term(term, &path.at(required).index(index));
    }
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    for (index, term) in items(affinity, preferred).enumerate() {
        let path = path.at(preferred).index(index);
        validate_weight(term, &path);
        validate_pod_term(&term["podAffinityTerm"], &path.at("podAffinityTerm"));
    }
}

fn validate_pod_term(term: &Value, path: &FieldPath<'_>) {
    selector::validate(&term["labelSelector"], &path.at("labelSelector"));
    selector::validate(&term["namespaceSelector"], &path.at("namespaceSelector"));
    label_keys::validate(term, path);
    validate_topology_key(term, path);
}

fn validate_topology_key(parent: &Value, path: &FieldPath<'_>) {
    match text(parent, "topologyKey") {
        "" => path.required("topologyKey", "can not be empty"),
        key => path.check("topologyKey", key, names::qualified_name(key)),
    }
}

fn validate_spread(constraint: &Value, path: &FieldPath<'_>) {
    let skew = constraint["maxSkew"].as_i64().unwrap_or(0);
    if skew <= 0 {
        path.invalid("maxSkew", skew, "must be greater than zero");
    }
    validate_topology_key(constraint, path);
    let choice = text(constraint, "whenUnsatisfiable");
    if !matches!(choice, "DoNotSchedule" | "ScheduleAnyway") {
        path.not_supported("whenUnsatisfiable", choice, &["DoNotSchedule", "ScheduleAnyway"]);
    }
    if let Some(domains) = constraint["minDomains"].as_i64() {
        if domains <= 0 {
            path.invalid("minDomains", domains, "must be greater than 0");
        }
        if choice != "DoNotSchedule" {
            let detail =
                format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {choice}");
            path.invalid("minDomains", domains, &detail);
        }
    }
    for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
        optional_one_of(constraint, field, &["Honor", "Ignore"], path);
    }
    selector::validate(&constraint["labelSelector"], &path.at("labelSelector"));
    label_keys::validate(constraint, path);
}

/// A key can be spread over once in each way.
fn refuse_repeated_spread(spec: &Value, path: &FieldPath<'_>) {
    let mut later = BTreeSet::new();
    let constraints: Vec<_> = items(spec, "topologySpreadConstraints").collect();
    for (index, constraint) in constraints.iter().enumerate().rev() {
        let pair = (text(constraint, "topologyKey"), text(constraint, "whenUnsatisfiable"));
        if !later.insert(pair) {
            let path = path.index(index);
            path.duplicate(
                "{topologyKey, whenUnsatisfiable}",
                format!("{{{}, {}}}", pair.0, pair.1),
            );
        }
    }
}

#[cfg(test)]
mod tests;
