//! What addresses and names mean: immutable, swapped whole, asked without side effects.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::{Networks, Place};

/// An address and a port of the pod network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self { address: address.ip(), port: address.port() }
    }
}

impl From<Endpoint> for SocketAddr {
    fn from(endpoint: Endpoint) -> Self {
        SocketAddr::new(endpoint.address, endpoint.port)
    }
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Streams.
    Tcp,
    /// Datagrams.
    Udp,
}

/// One of the endpoints behind a virtual address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Backend {
    /// Where it is.
    pub endpoint: Endpoint,
    /// It is a socket of the host itself, which everybody may reach through this table entry, egress or not.
    pub host: bool,
}

/// What stands behind one port of a virtual address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Any of these serves; none means that connections are refused.
    pub backends: Vec<Backend>,
    /// How long a client stays with the backend it was given first.
    pub affinity: Option<Duration>,
}

/// The meaning of addresses and names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables {
    /// Virtual addresses and their ports.
    pub services: BTreeMap<IpAddr, BTreeMap<(u16, Protocol), Arc<Service>>>,
    /// Absolute names in lower case, without the last dot.
    pub names: BTreeMap<String, Vec<IpAddr>>,
    /// Names that stand for other names, in the same form.
    pub aliases: BTreeMap<String, String>,
    /// Domains whose names stand here or nowhere; other names may be known outside.
    pub zones: Vec<String>,
}

/// A connection or datagram about to leave an interface.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    /// Who sends.
    pub from: IpAddr,
    /// Where to.
    pub to: Endpoint,
    /// By which protocol.
    pub protocol: Protocol,
    /// The caller's random draw, which makes the choice of a backend a pure function.
    pub lot: u64,
    /// The endpoint that this flow, or this client, used before.
    pub kept: Option<Endpoint>,
}

/// Where a flow goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// To an interface of the pod network.
    Attached(Endpoint),
    /// To a socket of the host, as a table entry expressly allows.
    Host(Endpoint),
    /// Out of the pod network, if the sender may.
    Outside(Endpoint),
    /// Nobody serves this port.
    Refuse,
    /// Nobody has this address.
    Unreachable,
}

impl Tables {
    /// Decides where a flow goes.
    pub fn decide(&self, networks: &Networks, flow: &Flow) -> Verdict {
        let Some(ports) = self.services.get(&flow.to.address) else {
            return place(networks, flow.to);
        };
        let Some(service) = ports.get(&(flow.to.port, flow.protocol)) else {
            // An address of the outside keeps what else it is.
            return match networks.place(flow.to.address) {
                Place::Virtual => Verdict::Refuse,
                Place::Attached | Place::Outside => place(networks, flow.to),
            };
        };
        match service.choose(flow.kept, flow.lot) {
            None => Verdict::Refuse,
            Some(Backend { endpoint, host: true }) => Verdict::Host(endpoint),
            Some(Backend { endpoint, host: false }) => place(networks, endpoint),
        }
    }

    /// The service behind a virtual address and port.
    pub fn service(&self, to: Endpoint, protocol: Protocol) -> Option<&Service> {
        self.services.get(&to.address)?.get(&(to.port, protocol)).map(AsRef::as_ref)
    }

    /// Tells whether `name` (absolute, lower case) can stand in these tables only.
    pub fn is_authoritative_for(&self, name: &str) -> bool {
        self.zones.iter().any(|zone| {
            name.strip_suffix(zone.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

impl Verdict {
    /// Where the flow goes, if anywhere.
    pub(crate) fn endpoint(self) -> Option<Endpoint> {
        match self {
            Self::Attached(endpoint) | Self::Host(endpoint) | Self::Outside(endpoint) => {
                Some(endpoint)
            }
            Self::Refuse | Self::Unreachable => None,
        }
    }
}

impl Service {
    fn choose(&self, kept: Option<Endpoint>, lot: u64) -> Option<Backend> {
        let count = u64::try_from(self.backends.len()).ok().filter(|count| *count > 0)?;
        let kept = kept.and_then(|kept| {
            self.backends.iter().find(|backend| backend.endpoint == kept).copied()
        });
        kept.or_else(|| {
            let index = usize::try_from(lot % count).ok()?;
            self.backends.get(index).copied()
        })
    }
}

fn place(networks: &Networks, endpoint: Endpoint) -> Verdict {
    match networks.place(endpoint.address) {
        Place::Attached => Verdict::Attached(endpoint),
        Place::Virtual => Verdict::Unreachable,
        Place::Outside => Verdict::Outside(endpoint),
    }
}

#[cfg(test)]
mod tests;
