//! Fits endpoints into `EndpointSlices` with as few writes as possible.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::Plan;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointPort, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::ownership::controller_reference;

/// Names the Service a slice belongs to.
pub(crate) const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Names the controller that keeps a slice.
pub(crate) const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
/// Marks what belongs to a Service without an address.
pub(crate) const HEADLESS: &str = "service.kubernetes.io/headless";

/// Endpoints per slice; Kubernetes' default, so that a change of one endpoint stays a small message.
const PER_SLICE: usize = 100;

/// What distinguishes slices of one Service: the address family and the ports, in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    pub(crate) family: String,
    ports: Vec<Port>,
}

/// Name, protocol, number, application protocol.
type Port = (Option<String>, Option<String>, Option<i32>, Option<String>);

impl Shape {
    pub(crate) fn new(family: &str, ports: &[EndpointPort]) -> Self {
        let mut ports: Vec<_> = ports
            .iter()
            .map(|port| {
                (port.name.clone(), port.protocol.clone(), port.port, port.app_protocol.clone())
            })
            .collect();
        ports.sort();
        Self { family: family.to_owned(), ports }
    }

    fn ports(&self) -> Vec<EndpointPort> {
        let ports = self.ports.iter().cloned();
        ports
            .map(|(name, protocol, port, app_protocol)| EndpointPort {
                name,
                protocol,
                port,
                app_protocol,
            })
            .collect()
    }
}

/// What the slices of a Service should hold, and who keeps them.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) service: &'a Service,
    pub(crate) manager: &'a str,
    pub(crate) labels: BTreeMap<String, String>,
    /// A family without endpoints is present with one empty shape, so that its slice says so.
    pub(crate) endpoints: BTreeMap<Shape, Vec<Endpoint>>,
}

/// Plans the changes from `present` to what is wanted.
pub(crate) fn fit(wanted: &Wanted<'_>, present: &[Arc<EndpointSlice>], plan: &mut Plan) {
    let mut spare: BTreeMap<Shape, Vec<Arc<EndpointSlice>>> = BTreeMap::new();
    for slice in present.iter().filter(|slice| slice.metadata.deletion_timestamp.is_none()) {
        let ports = slice.ports.as_deref().unwrap_or_default();
        spare.entry(Shape::new(&slice.address_type, ports)).or_default().push(Arc::clone(slice));
    }
    let mut unplaced = Vec::new();
    for (shape, endpoints) in &wanted.endpoints {
        let slices = spare.remove(shape).unwrap_or_default();
        let filled = refill(slices, endpoints.clone());
        unplaced.extend(filled.overflow.into_iter().map(|endpoints| (shape, endpoints)));
        if filled.slices.is_empty() && endpoints.is_empty() {
            unplaced.push((shape, Vec::new()));
        }
        for (slice, endpoints) in filled.slices {
            write(wanted, shape, Some(&slice), endpoints, plan);
        }
        if !filled.emptied.is_empty() {
            spare.entry(shape.clone()).or_default().extend(filled.emptied);
        }
    }
    let mut spare: Vec<_> = spare.into_values().flatten().collect();
    for (shape, endpoints) in unplaced {
        // A slice that has nothing left to hold serves another shape: cheaper than deleting and creating.
        let reused = spare.iter().position(|slice| slice.address_type == shape.family);
        let reused = reused.map(|index| spare.remove(index));
        write(wanted, shape, reused.as_deref(), endpoints, plan);
    }
    for slice in spare {
        plan.delete(slice.as_ref());
    }
}

#[derive(Default)]
struct Filled {
    slices: Vec<(Arc<EndpointSlice>, Vec<Endpoint>)>,
    emptied: Vec<Arc<EndpointSlice>>,
    overflow: Vec<Vec<Endpoint>>,
}

/// Leaves endpoints in the slice that has them, fills gaps, and keeps one slice where there is no endpoint at all.
fn refill(slices: Vec<Arc<EndpointSlice>>, endpoints: Vec<Endpoint>) -> Filled {
    let mut left: BTreeMap<String, Endpoint> =
        endpoints.into_iter().map(|endpoint| (identity(&endpoint), endpoint)).collect();
    let mut kept: Vec<(Arc<EndpointSlice>, Vec<Endpoint>)> = Vec::new();
    for slice in slices {
        let here =
            slice.endpoints.iter().filter_map(|known| left.remove(&identity(known))).collect();
        kept.push((slice, here));
    }
    let mut left = left.into_values();
    for (_, here) in kept.iter_mut().filter(|(_, here)| !here.is_empty()) {
        let room = PER_SLICE.saturating_sub(here.len());
        here.extend(left.by_ref().take(room));
    }
    for (_, here) in kept.iter_mut().filter(|(_, here)| here.is_empty()) {
        here.extend(left.by_ref().take(PER_SLICE));
    }
    let rest: Vec<Endpoint> = left.collect();
    let overflow = rest.chunks(PER_SLICE).map(<[Endpoint]>::to_vec).collect();
    let (mut slices, mut empty): (Vec<_>, Vec<_>) =
        kept.into_iter().partition(|(_, here)| !here.is_empty());
    if slices.is_empty() && !empty.is_empty() {
        slices.push(empty.swap_remove(0));
    }
    let emptied = empty.into_iter().map(|(slice, _)| slice).collect();
    Filled { slices, emptied, overflow }
}

/// What makes two endpoints the same one over time.
fn identity(endpoint: &Endpoint) -> String {
    let uid = endpoint.target_ref.as_ref().and_then(|target| target.uid.clone());
    let address = endpoint.addresses.first().cloned().unwrap_or_default();
    format!("{} {address}", uid.unwrap_or_default())
}

fn write(
    wanted: &Wanted<'_>,
    shape: &Shape,
    present: Option<&EndpointSlice>,
    endpoints: Vec<Endpoint>,
    plan: &mut Plan,
) {
    let mut slice = present.cloned().unwrap_or_else(|| blank(wanted, &shape.family));
    slice.metadata.labels = Some(labels(wanted));
    own(wanted.service, &mut slice);
    if Shape::new(&shape.family, slice.ports.as_deref().unwrap_or_default()) != *shape {
        slice.ports = Some(shape.ports());
    }
    slice.endpoints = endpoints;
    match present {
        None => plan.create(&slice),
        Some(present) if *present != slice => plan.update(&slice),
        Some(_) => {}
    }
}

/// A slice that is left of an earlier Service of that name would be collected with it.
fn own(service: &Service, slice: &mut EndpointSlice) {
    let owners = slice.metadata.owner_references.get_or_insert_default();
    if owners.iter().all(|owner| Some(&owner.uid) != service.metadata.uid.as_ref()) {
        owners.retain(|owner| owner.controller != Some(true));
        owners.push(controller_reference(service));
    }
}

fn labels(wanted: &Wanted<'_>) -> BTreeMap<String, String> {
    let mut labels = wanted.labels.clone();
    labels
        .insert(SERVICE_NAME.to_owned(), wanted.service.metadata.name.clone().unwrap_or_default());
    labels.insert(MANAGED_BY.to_owned(), wanted.manager.to_owned());
    if is_headless(wanted.service) {
        labels.insert(HEADLESS.to_owned(), String::new());
    } else {
        labels.remove(HEADLESS);
    }
    labels
}

fn blank(wanted: &Wanted<'_>, family: &str) -> EndpointSlice {
    let meta = &wanted.service.metadata;
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: Some(format!("{}-", meta.name.as_deref().unwrap_or_default())),
            namespace: meta.namespace.clone(),
            owner_references: Some(vec![controller_reference(wanted.service)]),
            ..ObjectMeta::default()
        },
        address_type: family.to_owned(),
        endpoints: Vec::new(),
        ports: None,
    }
}

/// Whether a Service has no address of its own.
pub(crate) fn is_headless(service: &Service) -> bool {
    let address = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref());
    address == Some("None")
}
