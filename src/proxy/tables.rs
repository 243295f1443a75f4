//! What Services mean to the switch.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use network::{Place, Service, Tables};

use crate::backends::{Wanted, backends};
use crate::names::add_names;
use crate::objects::{Member, Objects, protocol};

/// How long `sessionAffinity: ClientIP` lasts if the Service does not say (API: three hours).
const DEFAULT_AFFINITY: Duration = Duration::from_hours(3);

/// Builds the tables of a node.
pub fn tables(objects: &Objects<'_>) -> Tables {
    let cluster_domain = objects.cluster_domain.trim_matches('.').to_ascii_lowercase();
    let mut tables = Tables { zones: vec![cluster_domain.clone()], ..Tables::default() };
    let members = objects.members();
    for member in &members {
        add_names(&mut tables, member, &cluster_domain);
    }
    for member in members.iter().filter(|member| !member.is_external_name()) {
        let local = member.spec.internal_traffic_policy.as_deref() == Some("Local");
        add_ports(&mut tables, objects, member, cluster_addresses(member), local);
    }
    // Cluster addresses come first: nobody takes another's with an external one.
    for member in members.iter().filter(|member| !member.is_external_name()) {
        let local = member.spec.external_traffic_policy.as_deref() == Some("Local");
        add_ports(&mut tables, objects, member, external_addresses(objects, member), local);
    }
    tables
}

/// The virtual addresses of a Service within the cluster.
pub(crate) fn cluster_addresses(member: &Member<'_>) -> impl Iterator<Item = IpAddr> {
    let first = member.spec.cluster_ip.as_deref();
    let others = member.spec.cluster_ips.as_deref().unwrap_or_default();
    let others = others.iter().map(String::as_str).filter(move |other| Some(*other) != first);
    first.into_iter().chain(others).filter_map(|address| address.parse().ok())
}

/// Addresses from outside the cluster that lead to a Service. Those of the pod network are not taken: their owner could
/// read what is meant for others (CVE-2020-8554).
fn external_addresses(objects: &Objects<'_>, member: &Member<'_>) -> impl Iterator<Item = IpAddr> {
    let listed = member.spec.external_ips.as_deref().unwrap_or_default().iter().map(String::as_str);
    let status = member.service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let ingress = status.and_then(|status| status.ingress.as_deref()).unwrap_or_default();
    let ingress = ingress.iter().filter(|ingress| ingress.ip_mode.as_deref() != Some("Proxy"));
    let all = listed.chain(ingress.filter_map(|ingress| ingress.ip.as_deref()));
    let all = all.filter_map(|address| address.parse().ok());
    all.filter(|address| objects.networks.place(*address) == Place::Outside)
}

fn add_ports(
    tables: &mut Tables,
    objects: &Objects<'_>,
    member: &Member<'_>,
    addresses: impl Iterator<Item = IpAddr>,
    local: bool,
) {
    let addresses: Vec<IpAddr> = addresses.collect();
    if addresses.is_empty() {
        return;
    }
    let wanted =
        Wanted { networks: objects.networks, node_name: local.then_some(objects.node_name) };
    for port in member.spec.ports.as_deref().unwrap_or_default() {
        let Some(protocol) = protocol(port.protocol.as_deref()) else { continue };
        let Ok(number) = u16::try_from(port.port) else { continue };
        let (v4, v6) = backends(member, port, wanted)
            .into_iter()
            .partition(|backend| backend.endpoint.address.is_ipv4());
        let affinity = affinity(member);
        let [v4, v6] = [v4, v6].map(|backends| Arc::new(Service { backends, affinity }));
        for address in &addresses {
            let service = if address.is_ipv4() { &v4 } else { &v6 };
            let ports = tables.services.entry(*address).or_default();
            ports.entry((number, protocol)).or_insert_with(|| Arc::clone(service));
        }
    }
}

fn affinity(member: &Member<'_>) -> Option<Duration> {
    if member.spec.session_affinity.as_deref() != Some("ClientIP") {
        return None;
    }
    let config = member.spec.session_affinity_config.as_ref();
    let seconds = config.and_then(|config| config.client_ip.as_ref()?.timeout_seconds);
    let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    Some(seconds.map_or(DEFAULT_AFFINITY, Duration::from_secs))
}

#[cfg(test)]
mod tests;
