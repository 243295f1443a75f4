//! The presence of one sandbox on the pod network.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::plug::Plug;
use crate::{Binding, Connecting, Error, Listener, Resolving, UdpSocket, connect, names};

/// How an interface joins the switch.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Its address.
    pub address: IpAddr,
    /// Domains in which relative names are looked up.
    pub search: Vec<String>,
    /// A name with at least this many dots is looked up as it is before the search domains.
    pub ndots: usize,
    /// Names of the interface's own.
    pub hosts: Vec<(String, IpAddr)>,
    /// Whether it may reach addresses outside the pod network.
    pub egress: Egress,
}

impl Attachment {
    /// An interface with nothing but an address.
    pub fn new(address: IpAddr) -> Self {
        Self { address, search: Vec::new(), ndots: 5, hosts: Vec::new(), egress: Egress::Denied }
    }
}

/// Whether an interface may reach addresses outside the pod network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Egress {
    /// Such calls are denied, and names of the outside unknown.
    #[default]
    Denied,
    /// Through the switch's uplink.
    Allowed,
}

/// The presence of one sandbox on the pod network. When the last clone is dropped, it is detached.
#[derive(Debug, Clone)]
pub struct Interface(Arc<Handle>);

impl Interface {
    pub(crate) fn new(plug: Arc<Plug>) -> Self {
        Self(Arc::new(Handle { plug }))
    }

    pub(crate) fn from_handle(handle: Arc<Handle>) -> Self {
        Self(handle)
    }

    pub(crate) fn handle(&self) -> &Arc<Handle> {
        &self.0
    }

    /// Its address.
    pub fn address(&self) -> IpAddr {
        self.0.plug.address()
    }

    /// Takes a TCP port; port 0 takes any free one.
    pub fn bind_tcp(&self, local: SocketAddr) -> Result<Binding, Error> {
        self.0.plug.bind_tcp(canonical(local)).map(Binding::new)
    }

    /// Listens at `local`; up to `backlog` connections wait to be accepted.
    pub fn listen(&self, local: SocketAddr, backlog: usize) -> Result<Listener, Error> {
        self.bind_tcp(local)?.listen(backlog)
    }

    /// Connects to `remote`, from `local` if given.
    pub fn connect(&self, local: Option<SocketAddr>, remote: SocketAddr) -> Connecting {
        match local {
            None => connect::connect(&self.0.plug, None, remote),
            Some(local) => match self.bind_tcp(local) {
                Ok(binding) => binding.connect(remote),
                Err(error) => Connecting::failed(error),
            },
        }
    }

    /// Connects on behalf of a client outside the pod network.
    pub(crate) fn connect_for(&self, client: IpAddr, remote: SocketAddr) -> Connecting {
        connect::connect(&self.0.plug, Some(client), remote)
    }

    /// Opens a UDP socket at `local`; port 0 takes any free one.
    pub fn bind_udp(&self, local: SocketAddr) -> Result<UdpSocket, Error> {
        UdpSocket::bind(&self.0.plug, canonical(local))
    }

    /// Looks a name up as a program of this sandbox means it.
    pub fn resolve(&self, name: &str) -> Resolving {
        names::resolve(&self.0.plug, name)
    }

    /// Resets every connection and frees the address and its ports, whoever still holds a clone.
    pub fn detach(&self) {
        self.0.plug.switch.remove(&self.0.plug);
    }
}

/// Detaches the interface when dropped.
#[derive(Debug)]
pub(crate) struct Handle {
    plug: Arc<Plug>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.plug.switch.remove(&self.plug);
    }
}

/// The same address without the detour of an IPv4 address in IPv6 clothes.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
