//! What the writer of a pod, or of a template, may have meant differently.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::read::{items, text};
use crate::{demand, metadata};

/// Labels of nodes that have newer names, and since when.
const OLD_LABELS: &[(&str, &str, &str)] = &[
    ("beta.kubernetes.io/arch", "v1.14", "kubernetes.io/arch"),
    ("beta.kubernetes.io/os", "v1.14", "kubernetes.io/os"),
    ("beta.kubernetes.io/instance-type", "v1.17", "node.kubernetes.io/instance-type"),
    ("failure-domain.beta.kubernetes.io/region", "v1.17", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "v1.17", "topology.kubernetes.io/zone"),
];

/// The grace period that is meant by one that was asked for: time cannot be negative.
pub(super) fn grace_seconds(asked: i64) -> i64 {
    if asked < 0 { 1 } else { asked }
}

/// Of a pod.
pub(super) fn of(pod: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(problem) = metadata::label_problem(text(&pod["metadata"], "name")) {
        warnings.push(format!(
            "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is \
             recommended: [{problem}]"
        ));
    }
    of_spec(&pod["spec"], "spec", &mut warnings);
    warnings
}

/// Of the pod spec at `path`.
pub(super) fn of_spec(spec: &Value, path: &str, warnings: &mut Vec<String>) {
    for label in spec["nodeSelector"].as_object().into_iter().flat_map(|selector| selector.keys()) {
        let old = OLD_LABELS.iter().find(|(old, ..)| old == label);
        warnings.extend(old.map(|(old, since, new)| {
            format!("{path}.nodeSelector[{old}]: deprecated since {since}; use {new:?} instead")
        }));
    }
    let mut secrets = BTreeSet::new();
    for (index, secret) in items(spec, "imagePullSecrets").enumerate() {
        let (path, name) =
            (format_args!("{path}.imagePullSecrets[{index}].name"), text(secret, "name"));
        if name.is_empty() {
            warnings.push(format!("{path}: invalid empty name {name:?}"));
        } else if !secrets.insert(name) {
            warnings.push(format!("{path}: duplicate name {name:?}"));
        }
    }
    if spec["terminationGracePeriodSeconds"].as_i64().is_some_and(|seconds| seconds < 0) {
        warnings.push(format!(
            "{path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
        ));
    }
    for list in ["initContainers", "containers"] {
        for (index, container) in items(spec, list).enumerate() {
            of_container(container, &format!("{path}.{list}[{index}]"), warnings);
        }
    }
}

fn of_container(container: &Value, path: &str, warnings: &mut Vec<String>) {
    for side in ["limits", "requests"] {
        for (name, value) in container["resources"][side].as_object().into_iter().flatten() {
            let counts_bytes = name == "memory" || name == "ephemeral-storage";
            if counts_bytes && demand::amount(value).is_some_and(|amount| !amount.is_whole()) {
                warnings.push(format!(
                    "{path}.resources.{side}[{name}]: fractional byte value {value} is invalid, must be an integer"
                ));
            }
        }
    }
    let mut variables = BTreeSet::new();
    for (index, variable) in items(container, "env").enumerate() {
        let name = text(variable, "name");
        if !variables.insert(name) {
            warnings.push(format!(
                "{path}.env[{index}]: hides previous definition of {name:?}, which may be dropped when using apply"
            ));
        }
    }
    let mut ports = BTreeMap::new();
    for (index, port) in items(container, "ports").enumerate() {
        let key = (
            port["containerPort"].as_i64(),
            text(port, "protocol"),
            port["hostPort"].as_i64(),
            text(port, "hostIP"),
        );
        let first = *ports.entry(key).or_insert(index);
        if first != index {
            warnings.push(format!(
                "{path}.ports[{index}]: duplicate port definition with {path}.ports[{first}]"
            ));
        }
    }
}

#[cfg(test)]
mod tests;
