//! What load balancers are told that ask this node for a Service at its `healthCheckNodePort`: whether it has pods of
//! it. Such Services keep to the node that traffic comes to.

use std::collections::BTreeMap;

use crate::backends::ready;
use crate::objects::{Member, Objects};

/// What there is of a Service on this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its endpoints on this node that are ready. Those that only finish what they have begun are not: load balancers
    /// are to turn to other nodes while these still serve (KEP-1669).
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
                local_endpoints: ready(member, Some(objects.node_name)).len(),
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
