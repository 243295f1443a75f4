//! The names of Services (Kubernetes DNS-Based Service Discovery, version 1.1.0).

use std::net::IpAddr;

use network::Tables;

use crate::backends::{address, usable};
use crate::objects::Member;
use crate::tables::cluster_addresses;

/// Adds what the Service is called.
pub(crate) fn add_names(tables: &mut Tables, member: &Member<'_>, cluster_domain: &str) {
    let name = format!("{}.{}.svc.{cluster_domain}", member.name, member.namespace);
    let name = name.to_ascii_lowercase();
    if member.is_external_name() {
        let target = member.spec.external_name.as_deref().unwrap_or_default();
        let target = target.trim_end_matches('.').to_ascii_lowercase();
        if !target.is_empty() {
            tables.aliases.insert(name, target);
        }
    } else if member.is_headless() {
        add_endpoints(tables, member, name);
    } else {
        let addresses: Vec<IpAddr> = cluster_addresses(member).collect();
        if !addresses.is_empty() {
            tables.names.insert(name, addresses);
        }
    }
}

/// A headless Service's name stands for its endpoints, each of which has a name of its own below.
fn add_endpoints(tables: &mut Tables, member: &Member<'_>, name: String) {
    let mut all = Vec::new();
    for (_, endpoint) in usable(member, None) {
        let Some(address) = address(endpoint) else { continue };
        let host = match endpoint.hostname.as_deref() {
            Some(host) if !host.is_empty() => host.to_ascii_lowercase(),
            _ => dashed(address),
        };
        add_address(tables.names.entry(format!("{host}.{name}")).or_default(), address);
        add_address(&mut all, address);
    }
    if !all.is_empty() {
        all.sort_unstable();
        tables.names.insert(name, all);
    }
}

fn add_address(addresses: &mut Vec<IpAddr>, address: IpAddr) {
    if !addresses.contains(&address) {
        addresses.push(address);
    }
}

/// An endpoint without a host name is called by its address: `10-42-0-7`.
fn dashed(address: IpAddr) -> String {
    address.to_string().replace(['.', ':'], "-")
}
