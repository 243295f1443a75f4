//! A pod's status as Kubernetes shows it, derived from the state of its life.

mod conditions;
mod containers;
mod patch;
mod phase;
mod qos;

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{HostIP, Pod, PodIP, PodStatus, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

pub(crate) use patch::patch;
pub(crate) use qos::qos_class;

use crate::lifecycle::{Ground, Policy, State};

/// What a status says that is not in the pod's state.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// The pod's addresses; none before they are assigned.
    pub(crate) pod_ips: Vec<IpAddr>,
    /// The node's addresses.
    pub(crate) host_ips: Vec<IpAddr>,
    /// What containers were last started with, by their place among all.
    pub(crate) resources: BTreeMap<usize, ResourceRequirements>,
}

/// The whole status of a pod. Whatever others wrote into it (readiness gates, say) is kept.
pub(crate) fn render(
    pod: &Pod,
    policy: &Policy,
    state: &State,
    view: &View,
    now: Timestamp,
) -> PodStatus {
    let before = pod.status.clone().unwrap_or_default();
    let refused = state.ground == Ground::None && state.is_over() && state.verdict.is_some();
    let (init, main) = if refused && before.container_statuses.is_none() {
        (None, None)
    } else {
        containers::render(pod, policy, state, view)
    };
    let phase = phase::of(policy, state);
    let address = |list: &[IpAddr]| list.first().map(ToString::to_string);
    let verdict = state.verdict.as_ref();
    PodStatus {
        phase: Some(phase.to_owned()),
        reason: verdict.map(|verdict| verdict.reason.clone()),
        message: verdict.map(|verdict| verdict.message.clone()),
        conditions: Some(conditions::render(pod, policy, state, view, phase, now)),
        container_statuses: main,
        init_container_statuses: init,
        pod_ip: address(&view.pod_ips).or_else(|| before.pod_ip.clone()),
        pod_ips: addresses(&view.pod_ips, |ip| PodIP { ip }).or_else(|| before.pod_ips.clone()),
        host_ip: address(&view.host_ips),
        host_ips: addresses(&view.host_ips, |ip| HostIP { ip }),
        start_time: before.start_time.clone().or(Some(Time(state.since))),
        qos_class: before.qos_class.clone().or_else(|| Some(qos_class(pod).to_owned())),
        observed_generation: pod.metadata.generation,
        ..before
    }
}

fn addresses<T>(list: &[IpAddr], wrap: impl Fn(String) -> T) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.iter().map(|ip| wrap(ip.to_string())).collect())
}

#[cfg(test)]
mod tests;
