//! A stream socket that has a port, and neither listens nor connects yet.

use std::net::SocketAddr;

use crate::plug::Lease;
use crate::{Connecting, Error, Listener, connect};

/// A bound stream socket.
#[derive(Debug)]
pub struct Binding(Lease);

impl Binding {
    pub(crate) fn new(lease: Lease) -> Self {
        Self(lease)
    }

    /// The address it is bound to.
    pub fn local(&self) -> SocketAddr {
        self.0.local()
    }

    /// Begins to listen; up to `backlog` connections wait to be accepted.
    pub fn listen(self, backlog: usize) -> Result<Listener, Error> {
        Ok(Listener::new(self.0, backlog))
    }

    /// Connects from the bound port.
    pub fn connect(self, remote: SocketAddr) -> Connecting {
        connect::connect_from(self.0, remote)
    }
}
