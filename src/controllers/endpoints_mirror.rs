//! Copies Endpoints that people write by hand for a Service without selector into `EndpointSlices`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use client::{Cache, Caches, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{EndpointAddress, EndpointSubset, Endpoints, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};

use crate::endpoint_slice::{service_of, slices_of};
use crate::slices::{self, Shape, Wanted};

const MANAGER: &str = "endpointslicemirroring-controller.k8s.io";
/// Set on Endpoints that already have slices of their own, such as those of the API server.
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
/// Set on Endpoints that old clients use as a lock; those hold no addresses.
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
/// Addresses mirrored of one subset; Kubernetes' own limit.
const PER_SUBSET: usize = 1000;

/// What a decision about one mirrored object is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    service: Arc<Service>,
    endpoints: Option<Arc<Endpoints>>,
    slices: Vec<Arc<EndpointSlice>>,
}

fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let service = snapshot.service.as_ref();
    let mirrored = snapshot.endpoints.as_deref().filter(|endpoints| !skips(endpoints));
    let mut endpoints: BTreeMap<Shape, Vec<Endpoint>> = BTreeMap::new();
    for subset in mirrored.and_then(|mirrored| mirrored.subsets.as_ref()).into_iter().flatten() {
        add(subset, &mut endpoints);
    }
    let labels = mirrored.and_then(|mirrored| mirrored.metadata.labels.clone()).unwrap_or_default();
    slices::fit(
        &Wanted { service, manager: MANAGER, labels, endpoints },
        &snapshot.slices,
        &mut plan,
    );
    plan
}

fn skips(endpoints: &Endpoints) -> bool {
    let meta = &endpoints.metadata;
    let skip = meta.labels.as_ref().and_then(|labels| labels.get(SKIP));
    let lock = meta.annotations.as_ref().is_some_and(|all| all.contains_key(LEADER));
    lock || skip.is_some_and(|value| value == "true")
}

fn add(subset: &EndpointSubset, endpoints: &mut BTreeMap<Shape, Vec<Endpoint>>) {
    let ports: Vec<_> = subset.ports.iter().flatten().map(port).collect();
    let ready = subset.addresses.iter().flatten().map(|address| (address, true));
    let waiting = subset.not_ready_addresses.iter().flatten().map(|address| (address, false));
    let reachable = |(address, _): &(&EndpointAddress, bool)| is_reachable(&address.ip);
    for (address, ready) in ready.chain(waiting).filter(reachable).take(PER_SUBSET) {
        let family = if address.ip.contains(':') { "IPv6" } else { "IPv4" };
        endpoints.entry(Shape::new(family, &ports)).or_default().push(endpoint(address, ready));
    }
}

/// Whether a slice may list an address. Endpoints that are older than what is asked of them now may list others.
fn is_reachable(address: &str) -> bool {
    let is_local = |address: IpAddr| match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.octets().starts_with(&[224, 0, 0]),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.segments()[0] & 0xff0f == 0xff02,
    };
    address.parse().is_ok_and(|address: IpAddr| {
        !address.is_unspecified() && !address.is_loopback() && !is_local(address)
    })
}

fn port(port: &k8s_openapi::api::core::v1::EndpointPort) -> EndpointPort {
    EndpointPort {
        name: Some(port.name.clone().unwrap_or_default()),
        protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".to_owned())),
        port: Some(port.port),
        app_protocol: port.app_protocol.clone(),
    }
}

fn endpoint(address: &EndpointAddress, ready: bool) -> Endpoint {
    Endpoint {
        addresses: vec![address.ip.clone()],
        conditions: Some(EndpointConditions {
            ready: Some(ready),
            ..EndpointConditions::default()
        }),
        hostname: address.hostname.clone(),
        node_name: address.node_name.clone(),
        target_ref: address.target_ref.clone(),
        ..Endpoint::default()
    }
}

/// Runs [`reconcile`] for every Service without selector.
#[derive(Debug)]
pub(crate) struct EndpointsMirror {
    services: Cache<Service>,
    endpoints: Cache<Endpoints>,
    slices: Cache<EndpointSlice>,
}

impl EndpointsMirror {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { services: caches.of(), endpoints: caches.of(), slices: caches.of() }
    }
}

impl Controller for EndpointsMirror {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "endpointslice-mirroring-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.services);
        watches.each(&self.endpoints);
        watches.on(&self.slices, |change| service_of(change, MANAGER));
    }

    fn observe(&self, key: &Key, _now: Timestamp) -> Option<Snapshot> {
        let service = self.services.get(key)?;
        let spec = service.spec.as_ref()?;
        let selects = spec.selector.as_ref().is_some_and(|selector| !selector.is_empty());
        let leaving = service.metadata.deletion_timestamp.is_some();
        (!selects && !leaving).then(|| Snapshot {
            endpoints: self.endpoints.get(key),
            slices: slices_of(&self.slices, key, MANAGER),
            service,
        })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

#[cfg(test)]
mod tests;
