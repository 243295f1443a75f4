//! Keeps the Endpoints object of every Service that selects pods, for clients older than `EndpointSlices`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use client::{Cache, Caches, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Pod, Service, ServiceSpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::endpoint_slice::ports::port_of;
use crate::endpoint_slice::{address, families, hostname, selecting, target};
use crate::pod;
use crate::selector::Selector;
use crate::slices::{HEADLESS, is_headless};

const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const MANAGER: &str = "endpoint-controller";
/// Says that an object does not show every address.
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
/// Addresses in one object, as in Kubernetes: more would make every change of a large Service a huge message.
const CAPACITY: usize = 1000;

/// Offers that are compared one by one. Of more, which nobody needs, the server finds out whether they are the same.
const COMPARED_MAX: usize = 1 << 20;

/// Ports in a form that can be compared: name, number, protocol, application protocol.
type Ports = Vec<(String, i32, String, Option<String>)>;

/// The same of a port as it is listed.
type PortKey<'e> = (&'e str, i32, &'e str, Option<&'e str>);

/// A port, if it has any, at an address of a pod.
type Offer<'e> = (Option<PortKey<'e>>, &'e str, Option<&'e str>);

/// What a decision about one Endpoints object is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    service: Option<Arc<Service>>,
    pods: Vec<Arc<Pod>>,
    endpoints: Option<Arc<Endpoints>>,
    /// Whether there was a Service, and it was deleted.
    deserted: bool,
}

fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let present = snapshot.endpoints.as_deref();
    let Some(service) = snapshot.service.as_deref() else {
        // Endpoints have no owner, so nobody else removes them after their Service; those that people have made go with
        // it, too, or the next Service of that name would have them.
        if let Some(present) = present.filter(|present| snapshot.deserted || is_ours(present)) {
            plan.delete(present);
        }
        return plan;
    };
    let Some(wanted) = wanted(service, &snapshot.pods, present) else { return plan };
    match present {
        None => plan.create(&wanted),
        Some(present) if says(present, &wanted) => {}
        Some(_) => plan.update(&wanted),
    }
    plan
}

/// Whether an object says what is wanted, however the server groups its subsets.
fn says(present: &Endpoints, wanted: &Endpoints) -> bool {
    present.metadata == wanted.metadata
        && count(present) == count(wanted)
        && count(wanted) <= COMPARED_MAX
        && offers(present) == offers(wanted)
}

/// How many offers an object lists: people may write few lines that make many.
fn count(endpoints: &Endpoints) -> usize {
    let len = |list: &Option<Vec<EndpointAddress>>| list.as_ref().map_or(0, Vec::len);
    let of_subset = |subset: &EndpointSubset| {
        let addresses = len(&subset.addresses) + len(&subset.not_ready_addresses);
        addresses.saturating_mul(subset.ports.as_ref().map_or(1, Vec::len))
    };
    endpoints.subsets.iter().flatten().map(of_subset).fold(0, usize::saturating_add)
}

/// Who offers which port, and whether it is ready.
fn offers(endpoints: &Endpoints) -> BTreeMap<Offer<'_>, (bool, &EndpointAddress)> {
    let mut offers = BTreeMap::new();
    for subset in endpoints.subsets.iter().flatten() {
        let ready = subset.addresses.iter().flatten().map(|address| (true, address));
        let waiting = subset.not_ready_addresses.iter().flatten().map(|address| (false, address));
        for (ready, address) in ready.chain(waiting) {
            let uid = address.target_ref.as_ref().and_then(|target| target.uid.as_deref());
            let ports = subset.ports.iter().flatten().map(port_key).map(Some);
            for port in ports.chain(subset.ports.is_none().then_some(None)) {
                offers.insert((port, address.ip.as_str(), uid), (ready, address));
            }
        }
    }
    offers
}

fn port_key(port: &EndpointPort) -> PortKey<'_> {
    let (name, protocol) = (port.name.as_deref(), port.protocol.as_deref());
    (name.unwrap_or_default(), port.port, protocol.unwrap_or("TCP"), port.app_protocol.as_deref())
}

fn is_ours(endpoints: &Endpoints) -> bool {
    let labels = endpoints.metadata.labels.as_ref();
    labels.and_then(|labels| labels.get(MANAGED_BY)).is_some_and(|by| by == MANAGER)
}

fn wanted(service: &Service, pods: &[Arc<Pod>], present: Option<&Endpoints>) -> Option<Endpoints> {
    let spec = service.spec.as_ref()?;
    spec.selector.as_ref().filter(|selector| !selector.is_empty())?;
    let mut endpoints = present.cloned().unwrap_or_else(|| Endpoints {
        metadata: ObjectMeta {
            name: service.metadata.name.clone(),
            namespace: service.metadata.namespace.clone(),
            ..ObjectMeta::default()
        },
        subsets: None,
    });
    let (subsets, complete) = subsets(service, spec, pods);
    endpoints.subsets = (!subsets.is_empty()).then_some(subsets);
    let mut labels = service.metadata.labels.clone().unwrap_or_default();
    labels.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
    if is_headless(service) {
        labels.insert(HEADLESS.to_owned(), String::new());
    }
    endpoints.metadata.labels = Some(labels);
    let mut annotations = endpoints.metadata.annotations.take().unwrap_or_default();
    annotations.remove(OVER_CAPACITY);
    if !complete {
        annotations.insert(OVER_CAPACITY.to_owned(), "truncated".to_owned());
    }
    endpoints.metadata.annotations = (!annotations.is_empty()).then_some(annotations);
    Some(endpoints)
}

/// Addresses grouped by their ports, and whether all of them fit.
fn subsets(
    service: &Service,
    spec: &ServiceSpec,
    pods: &[Arc<Pod>],
) -> (Vec<EndpointSubset>, bool) {
    let selector = Selector::of_labels(spec.selector.as_ref());
    let anyway = spec.publish_not_ready_addresses == Some(true);
    let family = families(spec).swap_remove(0);
    let mut by_ports: BTreeMap<Ports, (Vec<EndpointAddress>, Vec<EndpointAddress>)> =
        BTreeMap::new();
    let mut room = CAPACITY;
    let mut complete = true;
    // Ready addresses first, so that they are the ones that fit.
    let mut pods: Vec<&Arc<Pod>> =
        pods.iter().filter(|pod| selector.matches(&pod.metadata)).collect();
    pods.sort_by_key(|pod| !pod::is_ready(pod));
    for pod in pods {
        let leaving = pod.metadata.deletion_timestamp.is_some() && !anyway;
        let Some(address) = address(pod, &family).filter(|_| !leaving && !pod::is_finished(pod))
        else {
            continue;
        };
        let ports = ports(spec, pod);
        if ports.is_empty() && spec.ports.as_ref().is_some_and(|ports| !ports.is_empty()) {
            continue;
        }
        if room == 0 {
            complete = false;
            break;
        }
        room -= 1;
        let (ready, waiting) = by_ports.entry(ports).or_default();
        let side = if anyway || pod::is_ready(pod) { ready } else { waiting };
        side.push(EndpointAddress {
            ip: address,
            hostname: hostname(service, pod),
            node_name: Some(pod::node(pod).to_owned()).filter(|node| !node.is_empty()),
            target_ref: Some(target(pod)),
        });
    }
    (by_ports.into_iter().map(|(ports, sides)| subset(ports, sides)).collect(), complete)
}

fn ports(spec: &ServiceSpec, pod: &Pod) -> Ports {
    let ports = spec.ports.iter().flatten().filter_map(|port| {
        let name = port.name.clone().unwrap_or_default();
        let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
        Some((name, port_of(port, pod)?, protocol, port.app_protocol.clone()))
    });
    let mut ports: Ports = ports.collect();
    ports.sort();
    ports
}

fn subset(ports: Ports, sides: (Vec<EndpointAddress>, Vec<EndpointAddress>)) -> EndpointSubset {
    let sorted = |mut side: Vec<EndpointAddress>| {
        side.sort_by(|left, right| left.ip.cmp(&right.ip));
        (!side.is_empty()).then_some(side)
    };
    let ports: Vec<_> = ports
        .into_iter()
        .map(|(name, port, protocol, app_protocol)| EndpointPort {
            name: (!name.is_empty()).then_some(name),
            port,
            protocol: Some(protocol),
            app_protocol,
        })
        .collect();
    EndpointSubset {
        addresses: sorted(sides.0),
        not_ready_addresses: sorted(sides.1),
        ports: (!ports.is_empty()).then_some(ports),
    }
}

/// Runs [`reconcile`] for every Service.
#[derive(Debug)]
pub(crate) struct EndpointsController {
    services: Cache<Service>,
    pods: Cache<Pod>,
    endpoints: Cache<Endpoints>,
    /// Services that were deleted, as long as there are Endpoints of their name.
    deserted: Arc<Mutex<BTreeSet<Key>>>,
}

impl EndpointsController {
    pub(crate) fn new(caches: &Caches) -> Self {
        let deserted = Arc::default();
        Self { services: caches.of(), pods: caches.of(), endpoints: caches.of(), deserted }
    }
}

impl Controller for EndpointsController {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "endpoint-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        let deserted = Arc::clone(&self.deserted);
        watches.on(&self.services, move |change| {
            let mut deserted = deserted.lock().expect("only single operations");
            match change.new {
                Some(_) => _ = deserted.remove(&change.key()),
                None => _ = deserted.insert(change.key()),
            }
            vec![change.key()]
        });
        watches.each(&self.endpoints);
        let services = self.services.clone();
        watches.on(&self.pods, move |change| selecting(&services, change));
    }

    fn observe(&self, key: &Key, _now: Timestamp) -> Option<Snapshot> {
        let endpoints = self.endpoints.get(key);
        let mut deserted = self.deserted.lock().expect("only single operations");
        if endpoints.is_none() {
            deserted.remove(key);
        }
        Some(Snapshot {
            service: self.services.get(key),
            pods: self.pods.in_namespace(&key.namespace),
            endpoints,
            deserted: deserted.contains(key),
        })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

#[cfg(test)]
mod tests;
