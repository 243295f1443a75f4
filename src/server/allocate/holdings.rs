//! What a Service document holds: its addresses and node ports.

use std::net::IpAddr;

use serde_json::Value;

/// A node port is taken per protocol: DNS wants both of one number.
pub(super) type NodePort = (u16, String);

/// Addresses and ports.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    pub(super) addresses: Vec<IpAddr>,
    pub(super) ports: Vec<NodePort>,
}

impl Holdings {
    /// What a Service document names.
    pub(super) fn of(service: &Value) -> Self {
        let ports = node_ports(service).into_iter().map(|(_, port)| port).collect();
        Self { addresses: addresses(service), ports }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.ports.is_empty()
    }
}

/// `namespace/name`.
pub(super) fn owner(service: &Value) -> String {
    let text = |field: &str| service["metadata"][field].as_str().unwrap_or_default();
    format!("{}/{}", text("namespace"), text("name"))
}

pub(super) fn addresses(service: &Value) -> Vec<IpAddr> {
    let address = service["spec"]["clusterIP"].as_str().unwrap_or_default();
    address.parse().into_iter().collect()
}

/// The node ports a Service names, each with the index of its port.
pub(super) fn node_ports(service: &Value) -> Vec<(usize, NodePort)> {
    let list = service["spec"]["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    let numbered = list.iter().enumerate().filter_map(|(index, port)| {
        let number = port["nodePort"].as_u64().filter(|number| *number != 0)?;
        Some((index, (u16::try_from(number).unwrap_or(u16::MAX), protocol(port))))
    });
    numbered.collect()
}

pub(super) fn protocol(port: &Value) -> String {
    port["protocol"].as_str().unwrap_or("TCP").to_owned()
}
