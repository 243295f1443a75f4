//! The annotations that carry a rollout's history; kubectl reads and compares them.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Which template in the order of use a set stands for.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
/// Earlier revisions of a set that came back into use.
pub(super) const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The Deployment's replicas when it last sized the set.
pub(super) const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
/// The same plus the surge allowed then.
pub(super) const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";

/// What a set does not inherit from its Deployment.
const NOT_INHERITED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];

/// History kept in one annotation; older numbers give way, so that no object grows by being rolled back for years.
const HISTORY_BYTES: usize = 2000;

/// The Deployment's annotations that its sets carry too.
pub(super) fn inherited(meta: &ObjectMeta) -> BTreeMap<String, String> {
    let all = meta.annotations.clone().unwrap_or_default();
    all.into_iter().filter(|(name, _)| !NOT_INHERITED.contains(&name.as_str())).collect()
}

/// An annotation.
pub(super) fn text<'a>(meta: &'a ObjectMeta, name: &str) -> Option<&'a str> {
    meta.annotations.as_ref()?.get(name).map(String::as_str)
}

/// The history with one more revision.
pub(super) fn longer_history(history: &str, revision: &str) -> String {
    let mut numbers: Vec<&str> = history.split(',').filter(|number| !number.is_empty()).collect();
    numbers.push(revision);
    while numbers.iter().map(|number| number.len() + 1).sum::<usize>() > HISTORY_BYTES {
        numbers.remove(0);
    }
    numbers.join(",")
}
