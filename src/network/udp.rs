//! A UDP socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::Error;
use crate::plug::{Lease, Plug};

/// A UDP socket.
#[derive(Debug)]
pub struct UdpSocket {
    lease: Lease,
    mailbox: Arc<Mailbox>,
}

#[derive(Debug, Default)]
pub(crate) struct Mailbox {}

impl Mailbox {
    pub(crate) fn close(&self) {}
}

impl UdpSocket {
    pub(crate) fn bind(plug: &Arc<Plug>, local: SocketAddr) -> Result<Self, Error> {
        let mailbox = Arc::new(Mailbox::default());
        let lease = plug.bind_udp(local, &mailbox)?;
        Ok(Self { lease, mailbox })
    }

    /// The address it is bound to.
    pub fn local(&self) -> SocketAddr {
        self.lease.local()
    }

    /// The datagram that waits longest, if any, and its sender.
    pub fn try_recv(&self) -> Option<(Bytes, SocketAddr)> {
        todo!()
    }

    /// Ready when a datagram waits. Once the interface is gone it never is again.
    pub fn poll_recv_ready(&self, _cx: &mut Context<'_>) -> Poll<()> {
        todo!()
    }

    /// Sends a datagram; false when there is no room now (see [`Self::poll_send_ready`]).
    pub fn try_send(&self, _datagram: Bytes, _to: SocketAddr) -> Result<bool, Error> {
        todo!()
    }

    /// Ready when a datagram can be sent.
    pub fn poll_send_ready(&self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// Waits for a datagram; an error once the interface is gone.
    pub async fn recv(&self) -> Result<(Bytes, SocketAddr), Error> {
        std::future::poll_fn(|cx| self.poll_recv_ready(cx)).await;
        todo!()
    }

    /// Sends a datagram.
    pub async fn send(&self, datagram: Bytes, to: SocketAddr) -> Result<(), Error> {
        std::future::poll_fn(|cx| self.poll_send_ready(cx)).await;
        self.try_send(datagram, to).map(|_| ())
    }

    /// How many datagrams were dropped because nobody read in time.
    pub fn dropped(&self) -> u64 {
        0
    }
}
