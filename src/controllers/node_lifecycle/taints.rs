//! The taints a node's conditions call for.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Taint};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{Outage, ready_status};

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Conditions and the taint that keeps new pods away while they are true.
const PRESSURES: [(&str, &str); 4] = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
];

/// The node's taints with the ones this controller keeps as they should be.
pub(super) fn wanted_taints(node: &Node, outage: Outage, now: Timestamp) -> Vec<Taint> {
    let present = node.spec.as_ref().and_then(|spec| spec.taints.clone()).unwrap_or_default();
    let mut keep_away: Vec<&str> = Vec::new();
    let mut evict = None;
    match ready_status(node) {
        // A node that has not reported yet soon counts as unreachable.
        None | Some("True") => {}
        Some("False") => evict = Some(NOT_READY),
        Some(_) => evict = Some(UNREACHABLE),
    }
    keep_away.extend(evict);
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    for condition in conditions.filter(|condition| condition.status == "True") {
        keep_away.extend(
            PRESSURES.iter().filter(|(kind, _)| *kind == condition.type_).map(|(_, key)| *key),
        );
    }
    if node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true)) {
        keep_away.push(UNSCHEDULABLE);
    }
    let evicting_now = present
        .iter()
        .any(|taint| Some(taint.key.as_str()) == evict && taint.effect == "NoExecute");
    let evict = evict.filter(|_| match outage {
        Outage::Small => true,
        Outage::Large => evicting_now,
        Outage::Full => false,
    });
    let mut taints: Vec<Taint> = present
        .into_iter()
        .filter(|taint| match taint.effect.as_str() {
            "NoSchedule" if is_kept(&taint.key) => keep_away.contains(&taint.key.as_str()),
            "NoExecute" if [NOT_READY, UNREACHABLE].contains(&taint.key.as_str()) => {
                evict == Some(taint.key.as_str())
            }
            _ => true,
        })
        .collect();
    for key in keep_away {
        add(&mut taints, key, "NoSchedule", now);
    }
    if let Some(key) = evict {
        add(&mut taints, key, "NoExecute", now);
    }
    taints
}

fn is_kept(key: &str) -> bool {
    [NOT_READY, UNREACHABLE, UNSCHEDULABLE].contains(&key)
        || PRESSURES.iter().any(|(_, known)| *known == key)
}

fn add(taints: &mut Vec<Taint>, key: &str, effect: &str, now: Timestamp) {
    if !taints.iter().any(|taint| taint.key == key && taint.effect == effect) {
        taints.push(Taint {
            key: key.to_owned(),
            effect: effect.to_owned(),
            time_added: Some(Time(now)),
            value: None,
        });
    }
}
