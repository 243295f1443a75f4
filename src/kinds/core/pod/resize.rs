//! Changing what the containers of a pod may use while they run (KEP-1287).

use std::collections::BTreeMap;

use machinery::{FieldErrors, FieldPath};
use serde_json::Value;

use super::{is_mirror, qos};
use crate::fill::{copy, items_mut, present};
use crate::read::{items, text};

const LISTS: [&str; 2] = ["containers", "initContainers"];
/// What a node can change without starting a container again.
const MUTABLE: [&str; 2] = ["cpu", "memory"];

/// Takes the resources of containers, and nothing else, from what a writer sent.
pub(super) fn take_over(pod: &mut Value, sent: &Value) {
    let Some(spec) = present(pod, "spec") else { return };
    for list in LISTS {
        let named: BTreeMap<&str, &Value> =
            items(&sent["spec"], list).map(|sent| (text(sent, "name"), sent)).collect();
        for container in items_mut(spec, list) {
            if let Some(sent) = named.get(text(container, "name")) {
                copy(container, "resources", sent);
                copy(container, "resizePolicy", sent);
            }
        }
    }
}

/// Checks what may change.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    if is_mirror(old) {
        errors.root().forbidden("", "static pods cannot be resized");
        return;
    }
    let path = errors.at("spec");
    if qos::class(new) != qos::class(old) {
        let detail = "Pod QOS Class may not change as a result of resizing";
        path.invalid("", qos::class(new), detail);
    }
    for list in LISTS {
        let pairs = items(&new["spec"], list).zip(items(&old["spec"], list));
        for (index, (new, old)) in pairs.enumerate() {
            let path = path.at(list).index(index);
            if new["resizePolicy"] != old["resizePolicy"] {
                path.forbidden("resizePolicy", "may not be changed");
            }
            let runs_on = list == "containers" || text(new, "restartPolicy") == "Always";
            if !runs_on && new["resources"] != old["resources"] {
                let detail = "only sidecar containers can be resized among the init containers";
                path.forbidden("resources", detail);
            }
            for side in ["limits", "requests"] {
                let path = path.at("resources").at(side);
                validate_side(&new["resources"][side], &old["resources"][side], side, &path);
            }
        }
    }
}

fn validate_side(new: &Value, old: &Value, side: &str, path: &FieldPath<'_>) {
    for (name, before) in old.as_object().into_iter().flatten() {
        let after = &new[name.as_str()];
        if after.is_null() {
            path.forbidden("", &format!("resource {side} cannot be removed"));
        } else if after != before && !MUTABLE.contains(&name.as_str()) {
            path.forbidden("", "only cpu and memory resources are mutable");
        }
    }
    let mut added = new.as_object().into_iter().flatten();
    if added.any(|(name, _)| old[name.as_str()].is_null() && !MUTABLE.contains(&name.as_str())) {
        path.forbidden("", "only cpu and memory resources are mutable");
    }
}

#[cfg(test)]
mod tests;
