//! Keeps the `EndpointSlices` of every Service that selects pods.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::{Cache, Caches, Change, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ObjectReference, Pod, Service, ServiceSpec};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};

use crate::pod;
use crate::selector::Selector;
use crate::slices::{self, MANAGED_BY, SERVICE_NAME, Shape, Wanted};
use ports::port_of;

pub(crate) mod ports;

const MANAGER: &str = "endpointslice-controller.k8s.io";

/// What a decision about one Service's slices is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) service: Arc<Service>,
    /// Pods of the namespace.
    pub(crate) pods: Vec<Arc<Pod>>,
    /// The Service's slices that this controller keeps.
    pub(crate) slices: Vec<Arc<EndpointSlice>>,
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
pub(crate) fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let service = snapshot.service.as_ref();
    let spec = service.spec.clone().unwrap_or_default();
    if service.metadata.deletion_timestamp.is_some() {
        return plan;
    }
    if spec.type_.as_deref() == Some("ExternalName") {
        for slice in &snapshot.slices {
            plan.delete(slice.as_ref());
        }
        return plan;
    }
    let selector = Selector::of_labels(spec.selector.as_ref());
    let pods = snapshot.pods.iter().filter(|pod| selector.matches(&pod.metadata));
    let pods: Vec<&Pod> = pods.map(AsRef::as_ref).filter(|pod| !pod::is_finished(pod)).collect();
    let mut endpoints = BTreeMap::new();
    for family in families(&spec) {
        endpoints.extend(shapes(service, &spec, &family, &pods));
    }
    let labels = service.metadata.labels.clone().unwrap_or_default();
    slices::fit(
        &Wanted { service, manager: MANAGER, labels, endpoints },
        &snapshot.slices,
        &mut plan,
    );
    plan
}

/// The address families of a Service; IPv4 when it has not been told.
pub(crate) fn families(spec: &ServiceSpec) -> Vec<String> {
    let families = spec.ip_families.clone().unwrap_or_default();
    if families.is_empty() { vec!["IPv4".to_owned()] } else { families }
}

/// The endpoints of one family, by the ports they have (a named port may differ from pod to pod).
fn shapes(
    service: &Service,
    spec: &ServiceSpec,
    family: &str,
    pods: &[&Pod],
) -> BTreeMap<Shape, Vec<Endpoint>> {
    let mut shapes: BTreeMap<Shape, Vec<Endpoint>> = BTreeMap::new();
    for pod in pods {
        let Some(address) = address(pod, family) else { continue };
        let shape = Shape::new(family, &pod_ports(spec, pod));
        shapes.entry(shape).or_default().push(endpoint(service, spec, pod, address));
    }
    if shapes.is_empty() {
        shapes.insert(Shape::new(family, &[]), Vec::new());
    }
    shapes
}

fn pod_ports(spec: &ServiceSpec, pod: &Pod) -> Vec<EndpointPort> {
    let ports = spec.ports.iter().flatten().filter_map(|port| {
        Some(EndpointPort {
            name: Some(port.name.clone().unwrap_or_default()),
            protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".to_owned())),
            port: Some(port_of(port, pod)?),
            app_protocol: port.app_protocol.clone(),
        })
    });
    ports.collect()
}

/// The pod's address of a family.
pub(crate) fn address(pod: &Pod, family: &str) -> Option<String> {
    let status = pod.status.as_ref()?;
    let all = status.pod_ips.iter().flatten().map(|address| &address.ip).chain(&status.pod_ip);
    let mut fitting = all.filter(|address| address.contains(':') == (family == "IPv6"));
    fitting.next().cloned()
}

fn endpoint(service: &Service, spec: &ServiceSpec, pod: &Pod, address: String) -> Endpoint {
    let serving = pod::is_ready(pod);
    let terminating = pod.metadata.deletion_timestamp.is_some();
    let anyway = spec.publish_not_ready_addresses == Some(true);
    let node = pod::node(pod);
    Endpoint {
        addresses: vec![address],
        conditions: Some(EndpointConditions {
            ready: Some(anyway || serving && !terminating),
            serving: Some(serving),
            terminating: Some(terminating),
        }),
        hostname: hostname(service, pod),
        node_name: (!node.is_empty()).then(|| node.to_owned()),
        target_ref: Some(target(pod)),
        ..Endpoint::default()
    }
}

/// The pod as endpoints refer to it.
pub(crate) fn target(pod: &Pod) -> ObjectReference {
    ObjectReference {
        kind: Some("Pod".to_owned()),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        ..ObjectReference::default()
    }
}

/// The name under which a headless Service's DNS knows a pod that asks for one.
pub(crate) fn hostname(service: &Service, pod: &Pod) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let here = spec.subdomain.is_some() && spec.subdomain == service.metadata.name;
    spec.hostname.clone().filter(|hostname| here && !hostname.is_empty())
}

/// Runs [`reconcile`] for every Service with a selector.
#[derive(Debug)]
pub(crate) struct EndpointSlices {
    services: Cache<Service>,
    pods: Cache<Pod>,
    slices: Cache<EndpointSlice>,
}

impl EndpointSlices {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { services: caches.of(), pods: caches.of(), slices: caches.of() }
    }
}

impl Controller for EndpointSlices {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "endpoint-slice-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.services);
        let services = self.services.clone();
        watches.on(&self.pods, move |change| selecting(&services, change));
        watches.on(&self.slices, |change| service_of(change, MANAGER));
    }

    fn observe(&self, key: &Key, _now: Timestamp) -> Option<Snapshot> {
        let service = self.services.get(key)?;
        service.spec.as_ref()?.selector.as_ref().filter(|selector| !selector.is_empty())?;
        let pods = self.pods.in_namespace(&key.namespace);
        Some(Snapshot { service, pods, slices: slices_of(&self.slices, key, MANAGER) })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

/// The slices of a Service that `manager` keeps.
pub(crate) fn slices_of(
    slices: &Cache<EndpointSlice>,
    service: &Key,
    manager: &str,
) -> Vec<Arc<EndpointSlice>> {
    let mut found = slices.in_namespace(&service.namespace);
    found.retain(|slice| {
        label(slice, SERVICE_NAME) == Some(&service.name)
            && label(slice, MANAGED_BY) == Some(manager)
    });
    found
}

/// The Service of a changed slice, if `manager` keeps it.
pub(crate) fn service_of(change: &Change<EndpointSlice>, manager: &str) -> Vec<Key> {
    let ours = change.states().filter(|slice| label(slice, MANAGED_BY) == Some(manager));
    ours.filter_map(|slice| {
        let namespace = slice.metadata.namespace.clone().unwrap_or_default();
        label(slice, SERVICE_NAME).map(|name| Key::new(namespace, name))
    })
    .collect()
}

fn label<'a>(slice: &'a EndpointSlice, name: &str) -> Option<&'a str> {
    slice.metadata.labels.as_ref()?.get(name).map(String::as_str)
}

/// The Services that select a pod now or did before; none when nothing an endpoint shows has changed.
pub(crate) fn selecting(services: &Cache<Service>, change: &Change<Pod>) -> Vec<Key> {
    if let (Some(old), Some(new)) = (&change.old, &change.new)
        && shown(old) == shown(new)
    {
        return Vec::new();
    }
    let Some(pod) = change.states().next() else { return Vec::new() };
    let mut found = services.in_namespace(pod.metadata.namespace.as_deref().unwrap_or_default());
    found.retain(|service| {
        let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        let selector = Selector::of_labels(selector);
        change.states().any(|pod| selector.matches(&pod.metadata))
    });
    found.iter().map(|service| Key::of(service.as_ref())).collect()
}

/// What of a pod can show in an endpoint.
fn shown(pod: &Pod) -> impl PartialEq + '_ {
    let status = pod.status.as_ref();
    (
        &pod.metadata.uid,
        &pod.metadata.labels,
        pod.metadata.deletion_timestamp.is_some(),
        pod::is_finished(pod),
        pod::is_ready(pod),
        pod::node(pod),
        status.map(|status| (&status.pod_ip, &status.pod_ips)),
    )
}

#[cfg(test)]
mod tests;
