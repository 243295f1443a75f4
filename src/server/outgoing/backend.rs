//! What is behind a Service.

use std::net::IpAddr;
use std::sync::Arc;

use machinery::{ApiError, Reason, document};
use serde_json::Value;

use crate::NodeTransport;
use crate::cache::{Cached, ListQuery, Scope};
use crate::catalog::Catalog;
use crate::streaming::PodTarget;

/// Tells which slices belong to a Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// One endpoint of a Service, or a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Backend {
    /// A pod, which its node reaches.
    Pod { pod: PodName, port: u16 },
    /// Something outside the pod network.
    Host { host: String, port: u16 },
}

/// A pod and the node it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PodName {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) node: String,
}

impl Backend {
    /// Name and port, as in a URL.
    pub(crate) fn authority(&self) -> String {
        match self {
            Self::Pod { pod, port } => format!("{}:{port}", pod.name),
            Self::Host { host, port } if host.contains(':') => format!("[{host}]:{port}"),
            Self::Host { host, port } => format!("{host}:{port}"),
        }
    }

    /// Whether a client may reach it through this server: not what only this machine should reach, which whoever
    /// writes an `EndpointSlice` could name.
    pub(crate) fn may_be_proxied(&self) -> bool {
        match self {
            Self::Pod { .. } => true,
            Self::Host { host, .. } => host.parse().is_ok_and(is_ordinary),
        }
    }
}

/// Whether this is the address of one host on a network.
fn is_ordinary(address: IpAddr) -> bool {
    let special = address.is_loopback() || address.is_unspecified() || address.is_multicast();
    !special
        && match address.to_canonical() {
            IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_broadcast() && !v4.is_loopback(),
            IpAddr::V6(v6) => !v6.is_unicast_link_local(),
        }
}

impl PodName {
    /// The pod of a document, if it has been given a node.
    pub(crate) fn of(pod: &Value) -> Result<Self, ApiError> {
        let name = document::name(pod).to_owned();
        let node = document::str_at(pod, "/spec/nodeName").to_owned();
        if node.is_empty() {
            let why = format!("pod {name} does not have a host assigned");
            return Err(ApiError::bad_request(why));
        }
        Ok(Self { namespace: document::namespace(pod).to_owned(), name, node })
    }

    pub(crate) fn target(&self, nodes: &Arc<dyn NodeTransport>) -> PodTarget {
        PodTarget {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            node: self.node.clone(),
            nodes: Arc::clone(nodes),
        }
    }
}

/// Every ready endpoint of a Service behind a port, which a number or a name tells; at least one.
pub(crate) fn backends(
    catalog: &Catalog,
    namespace: &str,
    name: &str,
    port: &str,
) -> Result<Vec<Backend>, ApiError> {
    let missing = || ApiError::new(Reason::NotFound, format!("service {name:?} not found"));
    let services = catalog.shelf("", "v1", "services").ok_or_else(missing)?;
    let service = services.get(&format!("{namespace}/{name}")).ok_or_else(missing)?;
    let service = service.object();
    if document::str_at(&service, "/spec/type") == "ExternalName" {
        let host = document::str_at(&service, "/spec/externalName").to_owned();
        let port = port.parse().map_err(|_| no_port(name, port))?;
        return Ok(vec![Backend::Host { host, port }]);
    }
    let port = port_name(&service, port)?;
    let slices = slices(catalog, namespace, name);
    let found: Vec<Backend> = slices.iter().flat_map(|slice| endpoints(slice, port)).collect();
    if found.is_empty() {
        let why = format!("no endpoints available for service {name:?}");
        return Err(ApiError::service_unavailable(why));
    }
    Ok(found)
}

/// The slices of a Service.
pub(crate) fn slices(catalog: &Catalog, namespace: &str, name: &str) -> Vec<Value> {
    let shelf = catalog.shelf("discovery.k8s.io", "v1", "endpointslices");
    let scope = Scope { namespace: Some(namespace.to_owned()) };
    let query = ListQuery { scope, ..ListQuery::default() };
    let listed = shelf.and_then(|shelf| shelf.list(&query));
    let is_own =
        |slice: &Arc<Cached>| slice.labels.get(SERVICE_NAME).is_some_and(|own| own == name);
    let slices = listed.into_iter().flat_map(|listed| listed.items);
    slices.filter(is_own).map(|slice| slice.object()).collect()
}

/// The name of a Service's port, given by name or number, or the only one.
fn port_name<'a>(service: &'a Value, wanted: &str) -> Result<&'a str, ApiError> {
    let ports = document::list_at(service, "/spec/ports");
    let number: Option<i64> = wanted.parse().ok();
    let found = match (wanted, ports) {
        ("", [only]) => Some(only),
        _ => ports.iter().find(|port| {
            document::str_at(port, "/name") == wanted
                || (number.is_some() && port["port"].as_i64() == number)
        }),
    };
    found
        .map(|port| document::str_at(port, "/name"))
        .ok_or_else(|| no_port(document::name(service), wanted))
}

fn no_port(service: &str, wanted: &str) -> ApiError {
    ApiError::service_unavailable(format!(
        "no service port {wanted:?} found for service {service:?}"
    ))
}

/// The ready endpoints of a slice at the port of this name.
pub(crate) fn endpoints(slice: &Value, port: &str) -> Vec<Backend> {
    let mut ports = document::list_at(slice, "/ports").iter();
    let port = ports.find(|own| document::str_at(own, "/name") == port);
    let port = port.and_then(|port| u16::try_from(port["port"].as_i64()?).ok());
    let Some(port) = port.filter(|port| *port > 0) else { return Vec::new() };
    let endpoints = document::list_at(slice, "/endpoints").iter();
    let ready = endpoints.filter(|endpoint| endpoint["conditions"]["ready"] != false);
    ready.filter_map(|endpoint| backend(slice, endpoint, port)).collect()
}

fn backend(slice: &Value, endpoint: &Value, port: u16) -> Option<Backend> {
    let text = |pointer| Some(document::str_at(endpoint, pointer)).filter(|text| !text.is_empty());
    if endpoint["targetRef"]["kind"] == "Pod" {
        // A slice speaks for its own namespace and for no other.
        let namespace = document::namespace(slice).to_owned();
        let (name, node) = (text("/targetRef/name")?.to_owned(), text("/nodeName")?.to_owned());
        return Some(Backend::Pod { pod: PodName { namespace, name, node }, port });
    }
    Some(Backend::Host { host: text("/addresses/0")?.to_owned(), port })
}

#[cfg(test)]
mod tests;
