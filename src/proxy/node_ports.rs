//! Which ports of the host lead to which Service.

use std::collections::BTreeMap;

use network::{Endpoint, Protocol};

use crate::objects::{Objects, protocol};
use crate::tables::cluster_addresses;

/// The node ports of all Services, each leading to its Service's own address.
pub fn node_ports(objects: &Objects<'_>) -> BTreeMap<(u16, Protocol), Endpoint> {
    let mut open = BTreeMap::new();
    for member in objects.members() {
        if !matches!(member.spec.type_.as_deref(), Some("NodePort" | "LoadBalancer")) {
            continue;
        }
        let Some(address) = cluster_addresses(&member).next() else { continue };
        for port in member.spec.ports.as_deref().unwrap_or_default() {
            let number = port.node_port.and_then(|number| u16::try_from(number).ok());
            let target = u16::try_from(port.port).ok();
            let protocol = protocol(port.protocol.as_deref());
            if let (Some(number @ 1..), Some(port), Some(protocol)) = (number, target, protocol) {
                open.entry((number, protocol)).or_insert(Endpoint { address, port });
            }
        }
    }
    open
}
