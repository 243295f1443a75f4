//! Conditions as patches: the list with one condition replaced, or nothing when it already says so.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// The pod's conditions with `kind` set; none when that changes neither status, reason nor message.
pub(crate) fn with_pod_condition(
    pod: &Pod,
    kind: &str,
    status: &str,
    reason: Option<&str>,
    message: Option<&str>,
    now: Timestamp,
) -> Option<Vec<PodCondition>> {
    let mut conditions = pod.status.as_ref()?.conditions.clone().unwrap_or_default();
    let position = conditions.iter().position(|condition| condition.type_ == kind);
    let old = position.map(|index| conditions[index].clone());
    let mut new = old.clone().unwrap_or_default();
    kind.clone_into(&mut new.type_);
    status.clone_into(&mut new.status);
    if reason.is_some() {
        new.reason = reason.map(str::to_owned);
    }
    if message.is_some() {
        new.message = message.map(str::to_owned);
    }
    if old.as_ref() == Some(&new) {
        return None;
    }
    if old.is_none_or(|old| old.status != new.status) {
        new.last_transition_time = Some(Time(now));
    }
    match position {
        Some(index) => conditions[index] = new,
        None => conditions.push(new),
    }
    Some(conditions)
}
