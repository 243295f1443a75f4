//! What the writer of a pod, or of a template, may have meant differently.

mod annotation;
mod container;
mod path;
mod placement;
mod port;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::core::persistent_volume_claim;
use crate::read::{items, text};
use crate::{metadata, outdated};

/// The lists of containers, in the order in which they are looked at.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// The grace period that is meant by one that was asked for: time cannot be negative.
pub(super) fn grace_seconds(asked: i64) -> i64 {
    if asked < 0 { 1 } else { asked }
}

/// Of a pod.
pub(super) fn of(pod: &Value) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(problem) = metadata::label_problem(text(&pod["metadata"], "name")) {
        told.push(format!(
            "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is \
             recommended: [{problem}]"
        ));
    }
    of_content(pod, "", &mut told);
    told
}

/// Of what a pod, or the template of one, holds; `base` is empty or ends with a dot.
pub(super) fn of_content(pod: &Value, base: &str, told: &mut Vec<String>) {
    let (spec, path) = (&pod["spec"], format!("{base}spec"));
    placement::of_nodes(spec, &path, told);
    annotation::of_all(&pod["metadata"], base, told);
    for (index, volume) in items(spec, "volumes").enumerate() {
        let path = format!("{path}.volumes[{index}]");
        outdated::volume(volume, &path, told);
        let claim = &volume["ephemeral"]["volumeClaimTemplate"]["spec"];
        let at = format!("{path}.ephemeral.volumeClaimTemplate.spec");
        persistent_volume_claim::warn_of_fractions(claim, &at, told);
    }
    path::of_projections(spec, &path, told);
    repeated(spec, "hostAliases", "ip", &path, told);
    repeated(spec, "imagePullSecrets", "name", &path, told);
    for (index, secret) in items(spec, "imagePullSecrets").enumerate() {
        if text(secret, "name").is_empty() {
            told.push(format!("{path}.imagePullSecrets[{index}].name: invalid empty name \"\""));
        }
    }
    container::of_amounts(&spec["overhead"], &format!("{path}.overhead"), told);
    annotation::of_seccomp(pod, base, told);
    for (container, path) in containers(spec, &path) {
        annotation::of_container(pod, container, base, told);
        container::of_one(container, &path, told);
    }
    port::of_all(spec, &path, told);
    if spec["terminationGracePeriodSeconds"].as_i64().is_some_and(|seconds| seconds < 0) {
        told.push(format!(
            "{path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
        ));
    }
    placement::of_pods(spec, &path, told);
}

/// Every container with its path.
fn containers<'a>(spec: &'a Value, path: &str) -> Vec<(&'a Value, String)> {
    let list = |list: &'static str| {
        let path = format!("{path}.{list}");
        let all = items(spec, list).enumerate();
        all.map(move |(index, one)| (one, format!("{path}[{index}]")))
    };
    CONTAINERS.into_iter().flat_map(list).collect()
}

fn repeated(spec: &Value, list: &str, field: &str, path: &str, told: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (index, item) in items(spec, list).enumerate() {
        let value = text(item, field);
        if !seen.insert(value) {
            told.push(format!("{path}.{list}[{index}].{field}: duplicate {field} {value:?}"));
        }
    }
}

#[cfg(test)]
mod tests;
