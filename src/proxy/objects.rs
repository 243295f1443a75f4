//! The objects the tables are made of, and where they are looked at from.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Service, ServiceSpec};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use network::{Networks, Protocol};

/// The label that ties an EndpointSlice to its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// What the tables of one node are made of.
#[derive(Debug, Clone, Copy)]
pub struct Objects<'a> {
    /// Every Service.
    pub services: &'a [Arc<Service>],
    /// Every EndpointSlice.
    pub slices: &'a [Arc<EndpointSlice>],
    /// The networks of the switch.
    pub networks: &'a Networks,
    /// The node that looks at them.
    pub node_name: &'a str,
    /// The domain under which the names of the cluster stand.
    pub cluster_domain: &'a str,
}

/// A Service with its slices.
#[derive(Debug)]
pub(crate) struct Member<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) spec: &'a ServiceSpec,
    pub(crate) service: &'a Service,
    pub(crate) slices: Vec<&'a EndpointSlice>,
}

impl<'a> Objects<'a> {
    /// The Services, each with its slices, in the order of the Services.
    pub(crate) fn members(&self) -> Vec<Member<'a>> {
        let mut slices: BTreeMap<(&str, &str), Vec<&'a EndpointSlice>> = BTreeMap::new();
        for slice in self.slices {
            if let Some(key) = service_of(slice) {
                slices.entry(key).or_default().push(slice);
            }
        }
        let member = |service: &'a Arc<Service>| {
            let namespace = service.metadata.namespace.as_deref()?;
            let name = service.metadata.name.as_deref()?;
            let slices = slices.remove(&(namespace, name)).unwrap_or_default();
            Some(Member { namespace, name, spec: service.spec.as_ref()?, service, slices })
        };
        self.services.iter().filter_map(member).collect()
    }
}

fn service_of(slice: &EndpointSlice) -> Option<(&str, &str)> {
    let name = slice.metadata.labels.as_ref()?.get(SERVICE_NAME)?;
    Some((slice.metadata.namespace.as_deref()?, name))
}

impl Member<'_> {
    /// It is a name for another name, and nothing else.
    pub(crate) fn is_external_name(&self) -> bool {
        self.spec.type_.as_deref() == Some("ExternalName")
    }

    /// It has no address of its own; its name stands for its endpoints.
    pub(crate) fn is_headless(&self) -> bool {
        self.spec.cluster_ip.as_deref() == Some("None")
    }
}

/// A protocol by its Kubernetes name; TCP if it has none, nothing if the switch does not know it (SCTP).
pub(crate) fn protocol(name: Option<&str>) -> Option<Protocol> {
    match name.unwrap_or("TCP") {
        "TCP" => Some(Protocol::Tcp),
        "UDP" => Some(Protocol::Udp),
        _ => None,
    }
}
