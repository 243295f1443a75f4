//! What a Service document holds: its addresses and node ports.

use std::net::IpAddr;

use serde_json::Value;

/// Addresses and ports.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    pub(super) addresses: Vec<IpAddr>,
    pub(super) ports: Vec<u16>,
}

impl Holdings {
    /// What a Service document names.
    pub(super) fn of(service: &Value) -> Self {
        let mut ports: Vec<u16> = node_ports(service).into_iter().map(|(_, port)| port).collect();
        ports.extend(health_check_port(service));
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

/// The node ports a Service names, each with the index of its port. Ports of one Service may share a number when their
/// protocols differ.
pub(super) fn node_ports(service: &Value) -> Vec<(usize, u16)> {
    let list = service["spec"]["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    let numbered = list.iter().enumerate();
    numbered.filter_map(|(index, port)| Some((index, number(&port["nodePort"])?))).collect()
}

/// Where a load balancer asks whether a node has pods of the Service.
pub(super) fn health_check_port(service: &Value) -> Option<u16> {
    number(&service["spec"]["healthCheckNodePort"])
}

fn number(port: &Value) -> Option<u16> {
    let number = port.as_u64().filter(|number| *number != 0)?;
    Some(u16::try_from(number).unwrap_or(u16::MAX))
}
