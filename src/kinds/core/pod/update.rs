//! What may change in a pod once it exists.

use std::collections::BTreeSet;

use machinery::FieldErrors;
use serde_json::Value;

use super::gates;
use crate::fill::{copy, items_mut};
use crate::read::{items, text};

const FORBIDDEN: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
    `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing \
    tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// Checks a change of a pod.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    let held = gates::hold(old);
    let (new, old) = (&new["spec"], &old["spec"]);
    if new == old {
        return;
    }
    for list in ["containers", "initContainers"] {
        if items(new, list).count() != items(old, list).count() {
            errors.at("spec").forbidden(list, "pod updates may not add or remove containers");
            return;
        }
    }
    validate_deadline(new, old, errors);
    validate_tolerations(new, old, errors);
    validate_gates(new, old, errors);
    if held {
        gates::validate(new, old, errors);
    }
    let changed = other_changes(new, old, held);
    if !changed.is_empty() {
        errors.root().forbidden("spec", &format!("{FORBIDDEN}\nchanged: {}", changed.join(", ")));
    }
}

/// The fields that differ though they may not.
fn other_changes(new: &Value, old: &Value, held: bool) -> Vec<String> {
    let mut allowed = new.clone();
    for list in ["containers", "initContainers"] {
        let before: Vec<Value> = items(old, list).cloned().collect();
        for (container, before) in items_mut(&mut allowed, list).zip(&before) {
            copy(container, "image", before);
        }
    }
    for field in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
        copy(&mut allowed, field, old);
    }
    if held {
        gates::take_back(&mut allowed, old);
    }
    if old["terminationGracePeriodSeconds"].as_i64() < Some(0)
        && new["terminationGracePeriodSeconds"] == 1
    {
        copy(&mut allowed, "terminationGracePeriodSeconds", old);
    }
    let names =
        |spec: &Value| spec.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
    let mut all = names(&allowed).unwrap_or_default();
    all.extend(names(old).unwrap_or_default());
    all.sort();
    all.dedup();
    all.retain(|name| allowed[name.as_str()] != old[name.as_str()]);
    all.iter().map(|name| format!("spec.{name}")).collect()
}

fn validate_deadline(new: &Value, old: &Value, errors: &FieldErrors) {
    let path = errors.at("spec");
    let field = "activeDeadlineSeconds";
    match (new[field].as_i64(), old[field].as_i64()) {
        (Some(new), Some(old)) if new > old => {
            path.invalid(field, new, "must be less than or equal to previous value");
        }
        (None, Some(_)) => {
            path.invalid(
                field,
                Value::Null,
                "must not update from a positive integer to nil value",
            );
        }
        _ => {}
    }
}

fn validate_tolerations(new: &Value, old: &Value, errors: &FieldErrors) {
    let essence = |toleration: &Value| {
        ["key", "operator", "value", "effect"].map(|field| text(toleration, field).to_owned())
    };
    let kept: BTreeSet<_> = items(new, "tolerations").map(essence).collect();
    if !items(old, "tolerations").map(essence).all(|toleration| kept.contains(&toleration)) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        errors.at("spec").forbidden("tolerations", detail);
    }
}

fn validate_gates(new: &Value, old: &Value, errors: &FieldErrors) {
    let known: BTreeSet<&str> =
        items(old, "schedulingGates").map(|gate| text(gate, "name")).collect();
    for (index, gate) in items(new, "schedulingGates").enumerate() {
        let name = text(gate, "name");
        if !known.contains(&name) {
            let detail =
                format!("only deletion is allowed, but found new scheduling gate '{name}'");
            errors.at("spec").at("schedulingGates").index(index).forbidden("", &detail);
        }
    }
}

#[cfg(test)]
mod tests;
