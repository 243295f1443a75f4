//! What load balancers are told that ask this node for a Service: whether it has pods of it (KEP-1669's
//! `healthCheckNodePort`, of Services that keep to the node that traffic comes to).

use std::collections::BTreeMap;

use crate::backends::usable;
use crate::objects::{Member, Objects};

/// What there is of a Service on this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its endpoints on this node that take traffic.
    pub local_endpoints: usize,
}

/// The ports of the host at which somebody may ask, each with the answer.
pub fn health_checks(objects: &Objects<'_>) -> BTreeMap<u16, Health> {
    let members = objects.members();
    let asked = members.iter().filter_map(|member| Some((port(member)?, member)));
    asked
        .map(|(port, member)| {
            let health = Health {
                namespace: member.namespace.to_owned(),
                name: member.name.to_owned(),
                local_endpoints: usable(member, Some(objects.node_name)).len(),
            };
            (port, health)
        })
        .collect()
}

fn port(member: &Member<'_>) -> Option<u16> {
    let spec = member.spec;
    let is_local = spec.type_.as_deref() == Some("LoadBalancer")
        && spec.external_traffic_policy.as_deref() == Some("Local");
    let port = spec.health_check_node_port.filter(|_| is_local)?;
    u16::try_from(port).ok().filter(|port| *port != 0)
}
