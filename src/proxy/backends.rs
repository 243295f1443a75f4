//! Which endpoints of a Service take its traffic.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::ServicePort;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use network::{Backend, Networks, Place, Protocol};

use crate::objects::{Member, protocol};

/// What is asked of the endpoints of a Service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) networks: &'a Networks,
    /// Only endpoints of this node, when the Service wants its traffic to stay local.
    pub(crate) node_name: Option<&'a str>,
}

type Placed<'a> = (&'a EndpointSlice, &'a Endpoint);

/// Endpoints that are ready; if there are none, those that still serve while they terminate (KEP-1669).
pub(crate) fn usable<'a>(member: &Member<'a>, node_name: Option<&str>) -> Vec<Placed<'a>> {
    let ready = ready(member, node_name);
    if !ready.is_empty() {
        return ready;
    }
    let here = endpoints(member, node_name);
    here.filter(|(_, endpoint)| serves_while_terminating(endpoint)).collect()
}

/// Endpoints that are ready.
pub(crate) fn ready<'a>(member: &Member<'a>, node_name: Option<&str>) -> Vec<Placed<'a>> {
    let publish_all = member.spec.publish_not_ready_addresses == Some(true);
    let here = endpoints(member, node_name);
    here.filter(|(_, endpoint)| publish_all || is_ready(endpoint)).collect()
}

/// All endpoints, or those of a node.
fn endpoints<'a>(member: &Member<'a>, node_name: Option<&str>) -> impl Iterator<Item = Placed<'a>> {
    let all = member
        .slices
        .iter()
        .flat_map(|slice| slice.endpoints.iter().map(move |endpoint| (*slice, endpoint)));
    all.filter(move |(_, endpoint)| {
        node_name.is_none_or(|node| endpoint.node_name.as_deref() == Some(node))
    })
}

/// The backends behind one port of a Service, in order, each once.
pub(crate) fn backends(
    member: &Member<'_>,
    port: &ServicePort,
    wanted: Wanted<'_>,
) -> Vec<Backend> {
    let Some(protocol) = protocol(port.protocol.as_deref()) else { return Vec::new() };
    let is_api = (member.namespace, member.name) == ("default", "kubernetes");
    let endpoints = usable(member, wanted.node_name);
    let backends = endpoints.into_iter().filter_map(|(slice, endpoint)| {
        let address = address(endpoint)?;
        let port = port_in(slice, port, protocol)?;
        let endpoint = network::Endpoint { address, port };
        // The API server is the one socket of a host that every pod may reach, egress or not.
        let host = is_api && wanted.networks.place(address) == Place::Outside;
        Some(Backend { endpoint, host })
    });
    let mut backends: Vec<Backend> = backends.collect();
    backends.sort_unstable();
    backends.dedup();
    backends
}

/// The address of an endpoint: the first, as the API says of the others that they mean the same.
pub(crate) fn address(endpoint: &Endpoint) -> Option<IpAddr> {
    endpoint.addresses.first()?.parse().ok()
}

/// The number a Service's port has in a slice; ports are matched by name.
fn port_in(slice: &EndpointSlice, wanted: &ServicePort, protocol_wanted: Protocol) -> Option<u16> {
    let name = wanted.name.as_deref().unwrap_or("");
    let ports = slice.ports.as_deref().unwrap_or_default();
    let port = ports.iter().find(|port| {
        port.name.as_deref().unwrap_or("") == name
            && protocol(port.protocol.as_deref()) == Some(protocol_wanted)
    })?;
    // A slice without a number means the number the client dialled.
    u16::try_from(port.port.unwrap_or(wanted.port)).ok()
}

fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().is_none_or(|conditions| conditions.ready != Some(false))
}

fn serves_while_terminating(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().is_some_and(|conditions| {
        conditions.serving == Some(true) && conditions.terminating == Some(true)
    })
}
