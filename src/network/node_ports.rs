//! Ports of the host that lead into the pod network.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use base::Tasks;

use crate::{Endpoint, Interface, Protocol};

/// Real listeners on the host, spliced into the switch.
#[derive(Debug)]
pub struct NodePorts {
    bind: IpAddr,
    interface: Interface,
    tasks: Tasks,
}

/// A port of the host that could not be had.
#[derive(Debug)]
pub struct BindFailure {
    /// The port.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// Why not.
    pub error: io::Error,
}

impl NodePorts {
    /// Listens at the host's address `bind` and dials as `interface`.
    pub fn new(bind: IpAddr, interface: Interface, tasks: Tasks) -> Self {
        Self { bind, interface, tasks }
    }

    /// Opens and closes listeners until exactly these are open, and reports those that could not be. They are tried
    /// again with the next call.
    pub async fn set(&self, ports: BTreeMap<(u16, Protocol), Endpoint>) -> Vec<BindFailure> {
        let _ = (self.bind, &self.interface, &self.tasks, ports);
        todo!()
    }
}
