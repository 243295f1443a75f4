//! The two directions of a datagram socket.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Waker};

use ::network::UdpSocket as Socket;
use async_trait::async_trait;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddressFamily};
use wasmtime_wasi::p2::bindings::sockets::udp::{
    HostIncomingDatagramStream, HostOutgoingDatagramStream, IncomingDatagram,
    IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream,
};
use wasmtime_wasi::p2::{DynPollable, Pollable, SocketError, SocketResult, subscribe};

use crate::host::{SocketsView, address, error, retype, retype_owned};

/// Datagrams per call. Of the largest size they are a megabyte; more calls are cheaper than a larger copy.
const BATCH: u64 = 16;

/// Datagrams from others, or from the peer only.
pub(super) struct Incoming {
    socket: Arc<Socket>,
    peer: Option<SocketAddr>,
}

impl Incoming {
    pub(super) fn new(socket: Arc<Socket>, peer: Option<SocketAddr>) -> Self {
        Self { socket, peer }
    }
}

#[async_trait]
impl Pollable for Incoming {
    async fn ready(&mut self) {
        poll_fn(|context| self.socket.poll_recv_ready(context)).await;
    }
}

impl HostIncomingDatagramStream for SocketsView<'_> {
    fn receive(
        &mut self,
        stream: Resource<IncomingDatagramStream>,
        max: u64,
    ) -> SocketResult<Vec<IncomingDatagram>> {
        let incoming = self.table.get_mut(&retype::<_, Incoming>(&stream))?;
        let mut datagrams = Vec::new();
        while (datagrams.len() as u64) < max.min(BATCH) {
            let Some((data, from)) = incoming.socket.try_recv() else { break };
            if incoming.peer.is_some_and(|peer| peer != from) {
                continue;
            }
            let remote_address = address::from_std(from);
            datagrams.push(IncomingDatagram { data: data.into(), remote_address });
        }
        Ok(datagrams)
    }

    fn subscribe(
        &mut self,
        stream: Resource<IncomingDatagramStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, retype::<_, Incoming>(&stream))
    }

    fn drop(&mut self, stream: Resource<IncomingDatagramStream>) -> wasmtime::Result<()> {
        self.table.delete(retype_owned::<_, Incoming>(stream))?;
        Ok(())
    }
}

/// Datagrams to others, or to the peer only.
pub(super) struct Outgoing {
    socket: Arc<Socket>,
    family: IpAddressFamily,
    peer: Option<SocketAddr>,
    permits: u64,
}

impl Outgoing {
    pub(super) fn new(
        socket: Arc<Socket>,
        family: IpAddressFamily,
        peer: Option<SocketAddr>,
    ) -> Self {
        Self { socket, family, peer, permits: 0 }
    }

    fn has_room(&self) -> bool {
        self.socket.poll_send_ready(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    /// Sends one datagram; false when there is no room for it now.
    fn send(&self, datagram: OutgoingDatagram) -> Result<bool, ErrorCode> {
        let remote = datagram.remote_address;
        let remote = remote.map(|remote| address::reachable(remote, self.family)).transpose()?;
        let to = match (remote, self.peer) {
            (Some(remote), Some(peer)) if remote != peer => {
                return Err(ErrorCode::InvalidArgument);
            }
            (Some(to), _) | (None, Some(to)) => to,
            (None, None) => return Err(ErrorCode::InvalidArgument),
        };
        self.socket.try_send(datagram.data.into(), to).map_err(error::code)
    }
}

#[async_trait]
impl Pollable for Outgoing {
    async fn ready(&mut self) {
        poll_fn(|context| self.socket.poll_send_ready(context)).await;
    }
}

impl HostOutgoingDatagramStream for SocketsView<'_> {
    fn check_send(&mut self, stream: Resource<OutgoingDatagramStream>) -> SocketResult<u64> {
        let outgoing = self.table.get_mut(&retype::<_, Outgoing>(&stream))?;
        outgoing.permits = if outgoing.has_room() { BATCH } else { 0 };
        Ok(outgoing.permits)
    }

    fn send(
        &mut self,
        stream: Resource<OutgoingDatagramStream>,
        datagrams: Vec<OutgoingDatagram>,
    ) -> SocketResult<u64> {
        let outgoing = self.table.get_mut(&retype::<_, Outgoing>(&stream))?;
        if datagrams.len() as u64 > outgoing.permits {
            return Err(SocketError::trap(wasmtime::Error::msg("sent more than was permitted")));
        }
        outgoing.permits = 0;
        let mut sent = 0;
        for datagram in datagrams {
            match outgoing.send(datagram) {
                Ok(true) => sent += 1,
                Ok(false) => break,
                // What was sent is reported first; the error comes with the next call.
                Err(_) if sent > 0 => break,
                Err(code) => return Err(code.into()),
            }
        }
        Ok(sent)
    }

    fn subscribe(
        &mut self,
        stream: Resource<OutgoingDatagramStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, retype::<_, Outgoing>(&stream))
    }

    async fn drop(&mut self, stream: Resource<OutgoingDatagramStream>) -> wasmtime::Result<()> {
        self.table.delete(retype_owned::<_, Outgoing>(stream))?;
        Ok(())
    }
}
