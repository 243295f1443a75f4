//! Containers that join a pod which already runs, for whoever wants to look inside (KEP-277).

use std::collections::{BTreeMap, BTreeSet};

use machinery::FieldErrors;
use serde_json::Value;

use crate::fill::{copy, present};
use crate::read::{items, text};

const LIST: &str = "ephemeralContainers";

/// Takes these containers, and nothing else, from what a writer sent.
pub(super) fn take_over(pod: &mut Value, sent: &Value) {
    if let Some(spec) = present(pod, "spec") {
        copy(spec, LIST, &sent["spec"]);
    }
}

/// Checks that containers are only added, and that those they look at exist.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    if super::is_mirror(old) {
        let detail = "static pods do not support ephemeral containers";
        return errors.at("spec").forbidden(LIST, detail);
    }
    let (new, old) = (&new["spec"], &old["spec"]);
    let path = errors.at("spec").at(LIST);
    let named: BTreeMap<&str, &Value> =
        items(new, LIST).map(|container| (text(container, "name"), container)).collect();
    for before in items(old, LIST) {
        let name = text(before, "name");
        let detail = match named.get(name) {
            None => "may not be removed",
            Some(after) if *after != before => "may not be changed",
            Some(_) => continue,
        };
        path.forbidden("", &format!("existing ephemeral containers {name:?} {detail}\n"));
    }
    let others: BTreeSet<&str> = ["containers", "initContainers"]
        .into_iter()
        .flat_map(|list| items(new, list))
        .map(|container| text(container, "name"))
        .collect();
    for (index, container) in items(new, LIST).enumerate() {
        let target = text(container, "targetContainerName");
        if !target.is_empty() && !others.contains(target) {
            path.index(index).not_found("targetContainerName", target);
        }
    }
}

#[cfg(test)]
mod tests;
