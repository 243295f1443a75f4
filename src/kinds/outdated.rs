//! What people still write though there is something newer, and what they should be told of it.

use machinery::names;
use serde_json::Value;

use crate::read::{items, text};

/// Labels of nodes, and what to use instead.
const LABELS: &[(&str, &str)] = &[
    ("beta.kubernetes.io/arch", r#"deprecated since v1.14; use "kubernetes.io/arch" instead"#),
    ("beta.kubernetes.io/os", r#"deprecated since v1.14; use "kubernetes.io/os" instead"#),
    (
        "failure-domain.beta.kubernetes.io/region",
        r#"deprecated since v1.17; use "topology.kubernetes.io/region" instead"#,
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        r#"deprecated since v1.17; use "topology.kubernetes.io/zone" instead"#,
    ),
    (
        "beta.kubernetes.io/instance-type",
        r#"deprecated since v1.17; use "node.kubernetes.io/instance-type" instead"#,
    ),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    (
        "scheduler.alpha.kubernetes.io/preferAvoidPods",
        "deprecated since v1.22; use Taints and Tolerations instead",
    ),
    ("node-role.kubernetes.io/master", r#"use "node-role.kubernetes.io/control-plane" instead"#),
];

/// Drivers of volumes, and what became of them.
const VOLUMES: &[(&str, &str)] = &[
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "deprecated in v1.11"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

/// What to say of a label of nodes.
pub(crate) fn label(key: &str) -> Option<&'static str> {
    LABELS.iter().find(|(old, _)| *old == key).map(|(_, told)| *told)
}

/// What to say of the labels that a map at `path` has as keys.
pub(crate) fn keys(map: &Value, path: &str, told: &mut Vec<String>) {
    for key in map.as_object().into_iter().flat_map(|map| map.keys()) {
        told.extend(label(key).map(|message| format!("{path}[{key}]: {message}")));
    }
}

/// What to say of the expressions of the terms at `path` that choose nodes.
pub(crate) fn terms(parent: &Value, path: &str, told: &mut Vec<String>) {
    for (index, term) in items(parent, "nodeSelectorTerms").enumerate() {
        expressions(term, &format!("{path}.nodeSelectorTerms[{index}]"), told);
    }
}

/// What to say of the expressions of one term at `path`.
pub(crate) fn expressions(term: &Value, path: &str, told: &mut Vec<String>) {
    for (index, expression) in items(term, "matchExpressions").enumerate() {
        let key = text(expression, "key");
        let at = format_args!("{path}.matchExpressions[{index}].key");
        told.extend(label(key).map(|message| format!("{at}: {key} is {message}")));
    }
}

/// What to say of the values of a term that only expresses a preference: those are not checked.
pub(crate) fn values(term: &Value, path: &str, told: &mut Vec<String>) {
    for (index, expression) in items(term, "matchExpressions").enumerate() {
        for (at, value) in items(expression, "values").filter_map(Value::as_str).enumerate() {
            let path = format_args!("{path}.matchExpressions[{index}].values[{at}]");
            told.extend(
                names::label_value(value)
                    .map(|problem| format!("{path}: {value} is invalid, {problem}")),
            );
        }
    }
}

/// What to say of the driver of a volume at `path`.
pub(crate) fn volume(volume: &Value, path: &str, told: &mut Vec<String>) {
    let used = VOLUMES.iter().filter(|(driver, _)| !volume[*driver].is_null());
    // People know this one by the name of its type.
    let shown = |driver| if driver == "storageos" { "storageOS" } else { driver };
    told.extend(used.map(|(driver, message)| format!("{path}.{}: {message}", shown(*driver))));
}
