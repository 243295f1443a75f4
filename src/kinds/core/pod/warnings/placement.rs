//! Where a pod wants to run.

use serde_json::Value;

use crate::outdated;
use crate::read::{items, text};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const MATCHES_NONE: &str = "a null labelSelector results in matching no pod";

/// Of the nodes it chooses by their labels.
pub(super) fn of_nodes(spec: &Value, path: &str, told: &mut Vec<String>) {
    outdated::keys(&spec["nodeSelector"], &format!("{path}.nodeSelector"), told);
    let affinity = &spec["affinity"]["nodeAffinity"];
    let at = format!("{path}.affinity.nodeAffinity");
    outdated::terms(&affinity[REQUIRED], &format!("{at}.{REQUIRED}"), told);
    for (index, term) in items(affinity, PREFERRED).enumerate() {
        let at = format!("{at}.{PREFERRED}[{index}].preference");
        outdated::expressions(&term["preference"], &at, told);
        outdated::values(&term["preference"], &at, told);
    }
    for (index, spread) in items(spec, "topologySpreadConstraints").enumerate() {
        let at = format!("{path}.topologySpreadConstraints[{index}]");
        let key = text(spread, "topologyKey");
        let old = outdated::label(key);
        told.extend(old.map(|message| format!("{at}.topologyKey: {key} is {message}")));
        selects_something(spread, &at, told);
    }
}

/// Of the pods it wants to be near to, or far from.
pub(super) fn of_pods(spec: &Value, path: &str, told: &mut Vec<String>) {
    for kind in ["podAffinity", "podAntiAffinity"] {
        let affinity = &spec["affinity"][kind];
        let path = format!("{path}.affinity.{kind}");
        for (index, term) in items(affinity, REQUIRED).enumerate() {
            selects_something(term, &format!("{path}.{REQUIRED}[{index}]"), told);
        }
        for (index, term) in items(affinity, PREFERRED).enumerate() {
            let path = format!("{path}.{PREFERRED}[{index}].podAffinityTerm");
            selects_something(&term["podAffinityTerm"], &path, told);
        }
    }
}

fn selects_something(term: &Value, path: &str, told: &mut Vec<String>) {
    if term["labelSelector"].is_null() {
        told.push(format!("{path}.labelSelector: {MATCHES_NONE}"));
    }
}
