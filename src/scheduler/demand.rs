//! What a pod asks of a node, worked out once.

use std::sync::Arc;

use client::Key;
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};

use crate::node::HostPort;
use crate::resources::{Quantities, Resources};

/// For scores only, a container that asks for no processor counts as a tenth of one ...
const DEFAULT_CPU_MILLI: i128 = 100;
/// ... and one that asks for no memory as 200 MiB, so that such pods spread too. Both as Kubernetes has them.
const DEFAULT_MEMORY_BYTES: i128 = 200 << 20;

/// A pod and the sums over its containers.
#[derive(Debug, Clone)]
pub struct Demand {
    /// The pod itself, for whatever is read seldom.
    pub pod: Arc<Pod>,
    /// What its containers request.
    pub requests: Resources,
    /// The same with defaults where a container requests nothing.
    pub scored: Resources,
    /// The ports of the host it takes.
    pub ports: Vec<HostPort>,
}

impl Demand {
    /// Adds up a pod's requests.
    pub fn of(pod: Arc<Pod>) -> Self {
        let none = PodSpec::default();
        let spec = pod.spec.as_ref().unwrap_or(&none);
        let requests = total(spec, requests);
        let scored = total(spec, scored);
        let ports = ports(spec);
        Self { pod, requests, scored, ports }
    }

    /// The pod's key.
    pub fn key(&self) -> Key {
        Key::of(self.pod.as_ref())
    }

    pub(crate) fn uid(&self) -> &str {
        self.pod.metadata.uid.as_deref().unwrap_or_default()
    }

    pub(crate) fn spec(&self) -> Option<&PodSpec> {
        self.pod.spec.as_ref()
    }

    pub(crate) fn priority(&self) -> i32 {
        self.spec().and_then(|spec| spec.priority).unwrap_or(0)
    }
}

/// What all containers together need at the worst moment: while they run, or while the greediest init container
/// runs beside the sidecars before it. The pod's own figures come first, its overhead on top.
fn total(spec: &PodSpec, of: impl Fn(&Container) -> Resources) -> Resources {
    let mut running = Resources::default();
    for container in &spec.containers {
        running.add(&of(container));
    }
    let mut sidecars = Resources::default();
    let mut starting = Resources::default();
    for container in spec.init_containers.iter().flatten() {
        let mut now = of(container);
        if is_sidecar(container) {
            running.add(&now);
            sidecars.add(&now);
        } else {
            now.add(&sidecars);
            starting.raise_to(&now);
        }
        starting.raise_to(&sidecars);
    }
    running.raise_to(&starting);
    replace_by_pod_level(spec, &mut running);
    if let Some(overhead) = &spec.overhead {
        running.add(&Resources::read(overhead));
    }
    running
}

/// KEP-2837: requests of the pod as a whole stand for those of its containers.
fn replace_by_pod_level(spec: &PodSpec, total: &mut Resources) {
    let Some(requests) = spec.resources.as_ref().and_then(|all| all.requests.as_ref()) else {
        return;
    };
    let of_pod = Resources::read(requests);
    if requests.contains_key("cpu") {
        total.cpu_milli = of_pod.cpu_milli;
    }
    if requests.contains_key("memory") {
        total.memory_bytes = of_pod.memory_bytes;
    }
}

fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn requests(container: &Container) -> Resources {
    requested(container).map(Resources::read).unwrap_or_default()
}

fn scored(container: &Container) -> Resources {
    let mut resources = requests(container);
    let names = |name| requested(container).is_some_and(|all| all.contains_key(name));
    if !names("cpu") {
        resources.cpu_milli = DEFAULT_CPU_MILLI;
    }
    if !names("memory") {
        resources.memory_bytes = DEFAULT_MEMORY_BYTES;
    }
    resources
}

fn requested(container: &Container) -> Option<&Quantities> {
    container.resources.as_ref()?.requests.as_ref()
}

fn ports(spec: &PodSpec) -> Vec<HostPort> {
    let sidecars = spec.init_containers.iter().flatten().filter(|one| is_sidecar(one));
    let declared =
        spec.containers.iter().chain(sidecars).flat_map(|one| one.ports.iter().flatten());
    declared.filter_map(HostPort::of).collect()
}

#[cfg(test)]
mod tests;
