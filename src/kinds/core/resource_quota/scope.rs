//! Which objects a quota counts: those within all of its scopes.

use std::collections::BTreeSet;

use machinery::FieldPath;
use serde_json::Value;

use super::is_standard;
use crate::read::{items, text};

const SCOPES: &[&str] = &[
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
    "VolumeAttributesClass",
];

/// Scopes that hold or do not, whatever the values of a rule.
const PLAIN: &[&str] =
    &["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "Terminating"];

/// Scopes that no object is in both of.
const CONFLICTS: [[&str; 2]; 2] =
    [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]];

/// What pods use that may be best effort or not.
const OF_PODS: &[&str] =
    &["cpu", "limits.cpu", "limits.memory", "memory", "pods", "requests.cpu", "requests.memory"];

const UNCOVERED: &str = "unsupported scope applied to resource";

/// The scopes of a spec; their order means nothing.
pub(super) fn of(spec: &Value) -> BTreeSet<&str> {
    items(spec, "scopes").filter_map(Value::as_str).collect()
}

/// Checks both ways to name scopes, in the spec at `path`.
pub(super) fn validate(spec: &Value, path: &FieldPath<'_>) {
    validate_list(spec, path);
    validate_rules(spec, &path.at("scopeSelector").at("matchExpressions"));
}

fn validate_list(spec: &Value, path: &FieldPath<'_>) {
    let blame = |detail: &str| path.invalid("scopes", spec["scopes"].clone(), detail);
    for scope in items(spec, "scopes").filter_map(Value::as_str) {
        if !SCOPES.contains(&scope) {
            blame("unsupported scope");
        }
        (0..uncovered(spec, scope)).for_each(|_| blame(UNCOVERED));
    }
    (0..conflicts(&of(spec))).for_each(|_| blame("conflicting scopes"));
}

fn validate_rules(spec: &Value, path: &FieldPath<'_>) {
    let selector = &spec["scopeSelector"];
    let mut scopes = BTreeSet::new();
    for rule in items(selector, "matchExpressions") {
        let scope = text(rule, "scopeName");
        if !SCOPES.contains(&scope) {
            path.invalid("scopeName", scope, "unsupported scope");
        }
        for _ in 0..uncovered(spec, scope) {
            path.invalid("", selector.clone(), UNCOVERED);
        }
        validate_operator(rule, path);
        scopes.insert(scope);
    }
    for _ in 0..conflicts(&scopes) {
        path.invalid("", spec["scopes"].clone(), "conflicting scopes");
    }
}

fn validate_operator(rule: &Value, path: &FieldPath<'_>) {
    let operator = text(rule, "operator");
    if PLAIN.contains(&text(rule, "scopeName")) && operator != "Exists" {
        path.invalid(
            "operator",
            operator,
            "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, \
             ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or \
             ResourceQuotaScopeCrossNamespacePodAffinity",
        );
    }
    let values = items(rule, "values").count();
    match operator {
        "In" | "NotIn" if values == 0 => path.required(
            "values",
            "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        ),
        "Exists" | "DoesNotExist" if values > 0 => path.invalid(
            "values",
            rule["values"].clone(),
            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => path.invalid("operator", other, "not a valid selector operator"),
    }
}

/// How many resources the quota limits that no object within the scope uses.
fn uncovered(spec: &Value, scope: &str) -> usize {
    let limited = spec["hard"].as_object().into_iter().flat_map(|hard| hard.keys());
    limited.filter(|name| is_standard(name) && !covers(scope, name)).count()
}

fn covers(scope: &str, resource: &str) -> bool {
    match scope {
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => {
            matches!(resource, "persistentvolumeclaims" | "requests.storage")
        }
        _ if SCOPES.contains(&scope) => OF_PODS.contains(&resource),
        _ => true,
    }
}

fn conflicts(scopes: &BTreeSet<&str>) -> usize {
    CONFLICTS.iter().filter(|pair| pair.iter().all(|scope| scopes.contains(scope))).count()
}
