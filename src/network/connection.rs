//! An established connection: two pipes and the two sockets at their ends.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::pipe::Pipe;
use crate::plug::Slot;

/// Which end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The one that dialled.
    Client,
    /// The one that listened.
    Server,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// An established connection.
#[derive(Debug)]
pub(crate) struct Connection {
    client: End,
    server: End,
}

/// One socket of a connection.
#[derive(Debug)]
pub(crate) struct End {
    local: SocketAddr,
    peer: SocketAddr,
    /// What this end writes.
    outgoing: Pipe,
    /// Reader and writer that still exist.
    halves: AtomicU8,
    /// The end's share of its interface, given back when both halves are gone.
    slot: Mutex<Option<Slot>>,
}

impl End {
    /// A socket at `local`; it takes its place among the interface's connections when the connection is made.
    pub(crate) fn new(local: SocketAddr, peer: SocketAddr, slot: Slot) -> Self {
        let outgoing = Pipe::new(slot.window());
        Self { local, peer, outgoing, halves: AtomicU8::new(2), slot: Mutex::new(Some(slot)) }
    }

    /// A socket that stands for one outside the pod network.
    pub(crate) fn outside(local: SocketAddr, peer: SocketAddr, window: usize) -> Self {
        let outgoing = Pipe::new(window);
        Self { local, peer, outgoing, halves: AtomicU8::new(2), slot: Mutex::new(None) }
    }
}

impl Connection {
    /// Joins two sockets and makes their interfaces know of it.
    pub(crate) fn establish(client: End, server: End) -> Arc<Self> {
        let connection = Arc::new(Self { client, server });
        for side in [Side::Client, Side::Server] {
            let slot = connection.end(side).slot.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = slot.as_ref().is_none_or(|slot| slot.keep(&connection));
            drop(slot);
            if !kept {
                connection.reset();
            }
        }
        connection
    }

    pub(crate) fn local(&self, side: Side) -> SocketAddr {
        self.end(side).local
    }

    pub(crate) fn peer(&self, side: Side) -> SocketAddr {
        self.end(side).peer
    }

    /// What `side` writes.
    pub(crate) fn outgoing(&self, side: Side) -> &Pipe {
        &self.end(side).outgoing
    }

    /// What `side` reads.
    pub(crate) fn incoming(&self, side: Side) -> &Pipe {
        &self.end(side.other()).outgoing
    }

    /// Breaks the connection for both sides.
    pub(crate) fn reset(&self) {
        self.client.outgoing.reset();
        self.server.outgoing.reset();
    }

    /// One of the halves of `side` is gone; with the second one the socket closes.
    pub(crate) fn release_half(&self, side: Side) {
        let end = self.end(side);
        if end.halves.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        // A kernel answers the loss of unread data with a reset (RFC 2525, 2.17).
        if self.incoming(side).close_reading() {
            end.outgoing.reset();
        }
        let slot = end.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(slot);
    }

    fn end(&self, side: Side) -> &End {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }
}
