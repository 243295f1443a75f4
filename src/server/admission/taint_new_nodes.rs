//! No pod comes to a new node before its conditions were looked at.

use serde_json::json;

use super::Attributes;

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const EFFECT: &str = "NoSchedule";

pub(super) fn admit(attributes: &mut Attributes<'_>) -> bool {
    if !attributes.creates("", "nodes") {
        return false;
    }
    let taints = &mut attributes.object["spec"]["taints"];
    let mut list = taints.as_array().cloned().unwrap_or_default();
    if list.iter().any(|taint| taint["key"] == NOT_READY && taint["effect"] == EFFECT) {
        return false;
    }
    list.push(json!({ "key": NOT_READY, "effect": EFFECT }));
    *taints = list.into();
    true
}
