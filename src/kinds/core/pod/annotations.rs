//! Annotations of pods that Kubernetes itself reads.

use machinery::FieldErrors;
use serde_json::Value;

use crate::read::text;

const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Checks the annotations of a pod; there is no old one when it is new.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    if !old.is_null() {
        keep_given(new, old, errors);
    }
    let path = errors.at("metadata").at("annotations");
    if let Some(mirror) = of(new, MIRROR).filter(|_| text(&new["spec"], "nodeName").is_empty()) {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        path.key(MIRROR).invalid("", mirror, detail);
    }
    let wrong = |pod| of(pod, DELETION_COST).filter(|cost| !is_cost(cost));
    if let (Some(cost), None) = (wrong(new), wrong(old)) {
        path.key(DELETION_COST).invalid("", cost, "must be a 32bit integer");
    }
}

fn of<'v>(pod: &'v Value, name: &str) -> Option<&'v str> {
    pod["metadata"]["annotations"][name].as_str()
}

/// Whether it is a number as Kubernetes reads it: `+1` and `01` are none.
fn is_cost(text: &str) -> bool {
    let plain =
        text == "0" || text.starts_with('-') || text.starts_with(|c| matches!(c, '1'..='9'));
    plain && text.parse::<i32>().is_ok()
}

/// What a pod is made with stays: the file it shows, and the profiles of its containers.
fn keep_given(new: &Value, old: &Value, errors: &FieldErrors) {
    let path = errors.at("metadata").at("annotations");
    let what = |name: &str| match name {
        MIRROR => Some("mirror pod annotation"),
        _ => name.starts_with(APP_ARMOR).then_some("AppArmor annotations"),
    };
    for (name, before) in old["metadata"]["annotations"].as_object().into_iter().flatten() {
        if let Some(what) = what(name).filter(|_| of(new, name) != before.as_str()) {
            path.key(name).forbidden("", &format!("may not remove or update {what}"));
        }
    }
    for name in
        new["metadata"]["annotations"].as_object().into_iter().flatten().map(|(name, _)| name)
    {
        if let Some(what) = what(name).filter(|_| of(old, name).is_none()) {
            path.key(name).forbidden("", &format!("may not add {what}"));
        }
    }
}

#[cfg(test)]
mod tests;
