//! One incarnation of an interface: everything that lives and dies with its address.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::connection::Connection;
use crate::listener::Queue;
use crate::ports::Ports;
use crate::switch::Shared;
use crate::udp::Mailbox;
use crate::{Attachment, Error, Limit, Protocol};

/// A busy server holds a few thousand connections; four times that is a leak or an attack, and still leaves ephemeral
/// ports free.
const MAX_CONNECTIONS: usize = 16_384;

/// What a process may open by default (`ulimit -n`), which programs are written to live with.
pub(crate) const MAX_SOCKETS: usize = 1_024;

/// What the host itself may open: a socket for each client of its UDP ports, of which a port has up to 4,096, and far
/// less than the ephemeral ports of an address.
pub(crate) const MAX_HOST_SOCKETS: usize = 16_384;

/// How many connections get which window for each direction. The first ones get what saturates a memory stream; a
/// sandbox with thousands of them gets less for each, so that its queues stay below 64 + 56 + 56 MiB.
const WINDOWS: [(usize, usize); 3] =
    [(256, 256 * 1024), (1_792, 32 * 1024), (MAX_CONNECTIONS - 2_048, 4 * 1024)];

/// One incarnation of an interface.
pub(crate) struct Plug {
    pub(crate) attachment: Attachment,
    pub(crate) switch: Arc<Shared>,
    max_sockets: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    open: bool,
    tcp: Ports<Option<Arc<Queue>>>,
    udp: Ports<Arc<Mailbox>>,
    sockets: usize,
    connections: HashMap<u64, Arc<Connection>>,
    next_connection: u64,
    /// Connections that have a window of each size.
    windows: [usize; WINDOWS.len()],
}

impl Plug {
    pub(crate) fn new(attachment: Attachment, max_sockets: usize, switch: Arc<Shared>) -> Self {
        let state = State {
            open: true,
            tcp: Ports::default(),
            udp: Ports::default(),
            sockets: 0,
            connections: HashMap::new(),
            next_connection: 0,
            windows: [0; WINDOWS.len()],
        };
        Self { attachment, switch, max_sockets, state: Mutex::new(state) }
    }

    pub(crate) fn address(&self) -> IpAddr {
        self.attachment.address
    }

    /// Tells whether datagrams and connections to `address` stay within this interface.
    pub(crate) fn owns(&self, address: IpAddr) -> bool {
        address == self.address() || address.is_loopback()
    }

    /// The address that a flow to `to` comes from when its socket is bound to `bound`.
    pub(crate) fn source(&self, bound: IpAddr, to: IpAddr) -> Result<IpAddr, Error> {
        if bound.is_loopback() && !self.owns(to) {
            return Err(Error::AddressNotAvailable);
        }
        if !to.is_loopback() && to.is_ipv4() != self.address().is_ipv4() {
            return Err(Error::Unreachable);
        }
        if !bound.is_unspecified() {
            return Ok(bound);
        }
        match to {
            IpAddr::V4(to) if to.is_loopback() => Ok(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(to) if to.is_loopback() => Ok(Ipv6Addr::LOCALHOST.into()),
            _ => Ok(self.address()),
        }
    }

    /// Takes a TCP port.
    pub(crate) fn bind_tcp(self: &Arc<Self>, local: SocketAddr) -> Result<Lease, Error> {
        self.check_own(local.ip())?;
        let mut state = self.state();
        state.add_socket(self.max_sockets)?;
        let port = state.tcp.bind(local.ip(), local.port(), None).inspect_err(|_| {
            state.sockets -= 1;
        })?;
        Ok(self.lease(local.ip(), port, Protocol::Tcp, true))
    }

    /// Takes an ephemeral TCP port for a connection; it counts as a part of that, not as a socket.
    pub(crate) fn lease_source(self: &Arc<Self>, source: IpAddr) -> Result<Lease, Error> {
        let mut state = self.state();
        if !state.open {
            return Err(Error::NotConnected);
        }
        let port = state.tcp.bind(source, 0, None)?;
        Ok(self.lease(source, port, Protocol::Tcp, false))
    }

    /// Makes `queue` receive the connections to a leased port.
    pub(crate) fn listen(&self, lease: &Lease, queue: &Arc<Queue>) {
        self.state().tcp.set(lease.address, lease.port, Some(Arc::clone(queue)));
    }

    /// Who accepts connections to `to`, an address of this interface.
    pub(crate) fn listener(&self, to: SocketAddr) -> Option<Arc<Queue>> {
        self.state().tcp.receiver(to.ip(), to.port()).cloned().flatten()
    }

    /// Takes a UDP port.
    pub(crate) fn bind_udp(
        self: &Arc<Self>,
        local: SocketAddr,
        mailbox: &Arc<Mailbox>,
    ) -> Result<Lease, Error> {
        self.check_own(local.ip())?;
        let mut state = self.state();
        state.add_socket(self.max_sockets)?;
        let bound = state.udp.bind(local.ip(), local.port(), Arc::clone(mailbox));
        let port = bound.inspect_err(|_| state.sockets -= 1)?;
        Ok(self.lease(local.ip(), port, Protocol::Udp, true))
    }

    /// Who receives datagrams to `to`, an address of this interface.
    pub(crate) fn mailbox(&self, to: SocketAddr) -> Option<Arc<Mailbox>> {
        self.state().udp.receiver(to.ip(), to.port()).cloned()
    }

    /// Takes a place among the connections of the interface; `lease` is given back with it.
    pub(crate) fn reserve(self: &Arc<Self>, lease: Option<Lease>) -> Result<Slot, Error> {
        let mut state = self.state();
        if !state.open {
            return Err(Error::NotConnected);
        }
        let free = |(used, (limit, _)): (&usize, &(usize, usize))| used < limit;
        let class = state.windows.iter().zip(&WINDOWS).position(free);
        let class = class.ok_or(Error::TooMany(Limit::Connections))?;
        state.windows[class] += 1;
        let key = state.next_connection;
        state.next_connection += 1;
        Ok(Slot { plug: Arc::clone(self), key, class, _lease: lease })
    }

    /// Ends this incarnation: frees every port and resets every connection.
    pub(crate) fn close(&self) {
        let (queues, mailboxes, connections) = {
            let mut state = self.state();
            state.open = false;
            let queues: Vec<_> = state.tcp.take().flatten().collect();
            let mailboxes: Vec<_> = state.udp.take().collect();
            (queues, mailboxes, std::mem::take(&mut state.connections))
        };
        for connection in connections.into_values() {
            connection.reset();
        }
        for queue in queues {
            queue.close();
        }
        for mailbox in mailboxes {
            mailbox.close();
        }
    }

    fn check_own(&self, address: IpAddr) -> Result<(), Error> {
        if address.is_unspecified() || self.owns(address) {
            Ok(())
        } else {
            Err(Error::AddressNotAvailable)
        }
    }

    fn lease(
        self: &Arc<Self>,
        address: IpAddr,
        port: u16,
        protocol: Protocol,
        socket: bool,
    ) -> Lease {
        Lease { plug: Arc::clone(self), address, port, protocol, socket }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Plug {
    /// Names the interface only: what it holds leads back to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Plug").field(&self.address()).finish()
    }
}

impl State {
    fn add_socket(&mut self, max: usize) -> Result<(), Error> {
        if !self.open {
            return Err(Error::NotConnected);
        }
        if self.sockets == max {
            return Err(Error::TooMany(Limit::Sockets));
        }
        self.sockets += 1;
        Ok(())
    }
}

/// A port that is taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    plug: Arc<Plug>,
    address: IpAddr,
    port: u16,
    protocol: Protocol,
    /// It counts among the interface's sockets.
    socket: bool,
}

impl Lease {
    pub(crate) fn plug(&self) -> &Arc<Plug> {
        &self.plug
    }

    pub(crate) fn local(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.plug.state();
        match self.protocol {
            Protocol::Tcp => state.tcp.release(self.address, self.port),
            Protocol::Udp => state.udp.release(self.address, self.port),
        }
        if self.socket {
            state.sockets -= 1;
        }
    }
}

/// A place among the connections of an interface, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    plug: Arc<Plug>,
    key: u64,
    class: usize,
    _lease: Option<Lease>,
}

impl Slot {
    /// How many bytes this end of the connection may have under way.
    pub(crate) fn window(&self) -> usize {
        WINDOWS[self.class].1
    }

    /// Lets the interface reset `connection` when it closes; false when it already has.
    pub(crate) fn keep(&self, connection: &Arc<Connection>) -> bool {
        let mut state = self.plug.state();
        if state.open {
            state.connections.insert(self.key, Arc::clone(connection));
        }
        state.open
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.plug.state();
        state.windows[self.class] -= 1;
        let connection = state.connections.remove(&self.key);
        drop(state);
        drop(connection);
    }
}
