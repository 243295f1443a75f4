//! A UDP socket.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::connect::destination;
use crate::flows::Flows;
use crate::plug::{Lease, Plug};
use crate::uplink::Relay;
use crate::wakers::Wakers;
use crate::{Egress, Endpoint, Error, Protocol, Verdict};

/// What UDP over IPv4 can carry.
const MAX_DATAGRAM: usize = 65_507;

/// A kernel's default receive buffer (`net.core.rmem_default`).
const MAX_QUEUED: usize = 212_992;

/// What one waiting datagram costs beside its bytes; it bounds the number of empty ones.
const OVERHEAD: usize = 256;

/// A UDP socket.
#[derive(Debug)]
pub struct UdpSocket {
    lease: Lease,
    mailbox: Arc<Mailbox>,
    /// The real socket that carries datagrams to and from the outside, once there were any.
    relay: Mutex<Option<Relay>>,
}

impl UdpSocket {
    pub(crate) fn bind(plug: &Arc<Plug>, local: SocketAddr) -> Result<Self, Error> {
        let mailbox = Arc::new(Mailbox::default());
        let lease = plug.bind_udp(local, &mailbox)?;
        Ok(Self { lease, mailbox, relay: Mutex::new(None) })
    }

    /// The address it is bound to.
    pub fn local(&self) -> SocketAddr {
        self.lease.local()
    }

    /// The datagram that waits longest, if any, and its sender.
    pub fn try_recv(&self) -> Option<(Bytes, SocketAddr)> {
        self.mailbox.state().pop()
    }

    /// Ready when a datagram waits. Once the interface is gone it never is again.
    pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.mailbox.state();
        if !state.waiting.is_empty() {
            return Poll::Ready(());
        }
        state.readers.register(cx);
        Poll::Pending
    }

    /// Waits for a datagram; an error once the interface is gone.
    pub async fn recv(&self) -> Result<(Bytes, SocketAddr), Error> {
        std::future::poll_fn(|cx| {
            let mut state = self.mailbox.state();
            if let Some(datagram) = state.pop() {
                return Poll::Ready(Ok(datagram));
            }
            if state.closed {
                return Poll::Ready(Err(Error::NotConnected));
            }
            state.readers.register(cx);
            Poll::Pending
        })
        .await
    }

    /// Sends a datagram; false when there is no room now (see [`Self::poll_send_ready`]), which cannot happen: a full
    /// queue at the receiver loses it instead, as UDP may, and counts it there.
    pub fn try_send(&self, datagram: Bytes, to: SocketAddr) -> Result<bool, Error> {
        if datagram.len() > MAX_DATAGRAM {
            return Err(Error::MessageTooLong);
        }
        let to = destination(to);
        if to.port() == 0 {
            return Err(Error::AddressNotAvailable);
        }
        let plug = self.lease.plug();
        let source = plug.source(self.local().ip(), to.ip())?;
        let from = SocketAddr::new(source, self.local().port());
        if plug.owns(to.ip()) {
            deliver(plug, to, from, datagram);
            return Ok(true);
        }
        self.route(datagram, from, to).map(|()| true)
    }

    /// Ready when a datagram can be sent, which is always.
    pub fn poll_send_ready(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// Sends a datagram.
    pub async fn send(&self, datagram: Bytes, to: SocketAddr) -> Result<(), Error> {
        std::future::poll_fn(|cx| self.poll_send_ready(cx)).await;
        self.try_send(datagram, to).map(|_| ())
    }

    /// How many datagrams were lost because nobody read in time.
    pub fn dropped(&self) -> u64 {
        self.mailbox.dropped.load(Ordering::Relaxed)
    }

    fn route(&self, datagram: Bytes, from: SocketAddr, to: SocketAddr) -> Result<(), Error> {
        let plug = self.lease.plug();
        let (kept, closed) = {
            let state = self.mailbox.state();
            (state.flows.backend(to).map(Endpoint::from), state.closed)
        };
        if closed {
            return Err(Error::NotConnected);
        }
        let verdict = plug.switch.decide(from.ip(), to.into(), Protocol::Udp, kept);
        if let Some(backend) = verdict.endpoint().map(SocketAddr::from).filter(|it| *it != to) {
            self.mailbox.state().flows.remember(to, backend);
        }
        match verdict {
            Verdict::Attached(endpoint) => {
                let target = plug.switch.plug(endpoint.address).ok_or(Error::Unreachable)?;
                deliver(&target, endpoint.into(), from, datagram);
                Ok(())
            }
            Verdict::Host(endpoint) => self.relay(datagram, endpoint, true),
            Verdict::Outside(endpoint) => match plug.attachment.egress {
                Egress::Allowed => self.relay(datagram, endpoint, false),
                Egress::Denied => Err(Error::Denied),
            },
            Verdict::Refuse => Err(Error::Refused),
            Verdict::Unreachable => Err(Error::Unreachable),
        }
    }

    fn relay(&self, datagram: Bytes, to: Endpoint, host: bool) -> Result<(), Error> {
        let uplink = self.lease.plug().switch.uplink.as_ref().ok_or(Error::Unreachable)?;
        let mut relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner);
        let open = relay.take().filter(Relay::is_open);
        let open = relay.insert(open.unwrap_or_else(|| uplink.relay(&self.mailbox)));
        if !open.send(datagram, to.into(), host) {
            self.mailbox.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Puts a datagram into the mailbox at `to`; without one it is lost, as in any kernel.
fn deliver(plug: &Plug, to: SocketAddr, from: SocketAddr, datagram: Bytes) {
    if let Some(mailbox) = plug.mailbox(to) {
        mailbox.deliver(from, datagram);
    }
}

/// Where the datagrams for a socket wait.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    state: Mutex<State>,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<(Bytes, SocketAddr)>,
    cost: usize,
    readers: Wakers,
    flows: Flows,
    closed: bool,
}

impl Mailbox {
    /// Lets a datagram wait here, or drops and counts it when too many do.
    pub(crate) fn deliver(&self, from: SocketAddr, datagram: Bytes) {
        let mut state = self.state();
        let cost = datagram.len() + OVERHEAD;
        if state.closed || state.cost + cost > MAX_QUEUED {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        state.cost += cost;
        let from = state.flows.seen_as(from);
        state.waiting.push_back((datagram, from));
        let wakers = state.readers.take();
        drop(state);
        wakers.wake();
    }

    /// Takes no more datagrams.
    pub(crate) fn close(&self) {
        let wakers = {
            let mut state = self.state();
            state.closed = true;
            state.readers.take()
        };
        wakers.wake();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pop(&mut self) -> Option<(Bytes, SocketAddr)> {
        let (datagram, from) = self.waiting.pop_front()?;
        self.cost -= datagram.len() + OVERHEAD;
        Some((datagram, from))
    }
}
