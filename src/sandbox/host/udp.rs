//! `wasi:sockets/udp`: datagram sockets.

mod streams;

use std::net::SocketAddr;
use std::sync::Arc;

use ::network::UdpSocket as Socket;
use async_trait::async_trait;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Network,
};
use wasmtime_wasi::p2::bindings::sockets::udp::{
    Host, HostUdpSocket, IncomingDatagramStream, OutgoingDatagramStream, UdpSocket,
};
use wasmtime_wasi::p2::{DynPollable, Pollable, SocketResult, subscribe};

use self::streams::{Incoming, Outgoing};
use super::{Open, SocketsView, address, error, retype, retype_owned};

/// What a kernel gives a datagram socket (`net.core.rmem_default`), told to guests that ask.
const BUFFER_BYTES: u64 = 212_992;

/// A datagram socket.
pub(super) struct Udp {
    state: State,
    family: IpAddressFamily,
    peer: Option<SocketAddr>,
    hop_limit: u8,
    receive_buffer: u64,
    send_buffer: u64,
    _open: Open,
}

/// What a socket can do next.
enum State {
    /// Bind.
    Unbound,
    /// Finish binding.
    BindStarted(Arc<Socket>),
    /// Open streams.
    Bound(Arc<Socket>),
}

impl Udp {
    pub(super) fn new(family: IpAddressFamily, open: Open) -> Self {
        Self {
            state: State::Unbound,
            family,
            peer: None,
            hop_limit: 64,
            receive_buffer: BUFFER_BYTES,
            send_buffer: BUFFER_BYTES,
            _open: open,
        }
    }
}

#[async_trait]
impl Pollable for Udp {
    /// Binding never waits; data is waited for at the streams.
    async fn ready(&mut self) {}
}

impl SocketsView<'_> {
    fn udp(&mut self, socket: &Resource<UdpSocket>) -> SocketResult<&mut Udp> {
        Ok(self.table.get_mut(&retype::<_, Udp>(socket))?)
    }
}

impl Host for SocketsView<'_> {}

impl HostUdpSocket for SocketsView<'_> {
    async fn start_bind(
        &mut self,
        socket: Resource<UdpSocket>,
        _network: Resource<Network>,
        local: IpSocketAddress,
    ) -> SocketResult<()> {
        let interface = self.sockets.interface.clone();
        let udp = self.udp(&socket)?;
        let State::Unbound = udp.state else { return Err(ErrorCode::InvalidState.into()) };
        let local = address::bindable(local, udp.family)?;
        let bound = interface.bind_udp(local).map_err(error::code)?;
        udp.state = State::BindStarted(Arc::new(bound));
        Ok(())
    }

    fn finish_bind(&mut self, socket: Resource<UdpSocket>) -> SocketResult<()> {
        let udp = self.udp(&socket)?;
        let State::BindStarted(bound) = &udp.state else {
            return Err(ErrorCode::NotInProgress.into());
        };
        udp.state = State::Bound(Arc::clone(bound));
        Ok(())
    }

    async fn stream(
        &mut self,
        socket: Resource<UdpSocket>,
        remote: Option<IpSocketAddress>,
    ) -> SocketResult<(Resource<IncomingDatagramStream>, Resource<OutgoingDatagramStream>)> {
        let udp = self.udp(&socket)?;
        let State::Bound(bound) = &udp.state else { return Err(ErrorCode::InvalidState.into()) };
        let (bound, family) = (Arc::clone(bound), udp.family);
        let peer = remote.map(|remote| address::reachable(remote, family)).transpose()?;
        udp.peer = peer;
        let parent = retype::<_, Udp>(&socket);
        let incoming = Incoming::new(Arc::clone(&bound), peer);
        let incoming = self.table.push_child(incoming, &parent)?;
        let outgoing = Outgoing::new(bound, family, peer);
        let outgoing = self.table.push_child(outgoing, &parent)?;
        Ok((retype_owned(incoming), retype_owned(outgoing)))
    }

    fn local_address(&mut self, socket: Resource<UdpSocket>) -> SocketResult<IpSocketAddress> {
        match &self.udp(&socket)?.state {
            State::Bound(bound) => Ok(address::from_std(bound.local())),
            _ => Err(ErrorCode::InvalidState.into()),
        }
    }

    fn remote_address(&mut self, socket: Resource<UdpSocket>) -> SocketResult<IpSocketAddress> {
        let peer = self.udp(&socket)?.peer.ok_or(ErrorCode::InvalidState)?;
        Ok(address::from_std(peer))
    }

    fn address_family(&mut self, socket: Resource<UdpSocket>) -> wasmtime::Result<IpAddressFamily> {
        Ok(self.table.get(&retype::<_, Udp>(&socket))?.family)
    }

    fn unicast_hop_limit(&mut self, socket: Resource<UdpSocket>) -> SocketResult<u8> {
        Ok(self.udp(&socket)?.hop_limit)
    }

    fn set_unicast_hop_limit(
        &mut self,
        socket: Resource<UdpSocket>,
        value: u8,
    ) -> SocketResult<()> {
        if value == 0 {
            return Err(ErrorCode::InvalidArgument.into());
        }
        self.udp(&socket)?.hop_limit = value;
        Ok(())
    }

    fn receive_buffer_size(&mut self, socket: Resource<UdpSocket>) -> SocketResult<u64> {
        Ok(self.udp(&socket)?.receive_buffer)
    }

    fn set_receive_buffer_size(
        &mut self,
        socket: Resource<UdpSocket>,
        value: u64,
    ) -> SocketResult<()> {
        if value == 0 {
            return Err(ErrorCode::InvalidArgument.into());
        }
        self.udp(&socket)?.receive_buffer = value;
        Ok(())
    }

    fn send_buffer_size(&mut self, socket: Resource<UdpSocket>) -> SocketResult<u64> {
        Ok(self.udp(&socket)?.send_buffer)
    }

    fn set_send_buffer_size(
        &mut self,
        socket: Resource<UdpSocket>,
        value: u64,
    ) -> SocketResult<()> {
        if value == 0 {
            return Err(ErrorCode::InvalidArgument.into());
        }
        self.udp(&socket)?.send_buffer = value;
        Ok(())
    }

    fn subscribe(
        &mut self,
        socket: Resource<UdpSocket>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, retype::<_, Udp>(&socket))
    }

    fn drop(&mut self, socket: Resource<UdpSocket>) -> wasmtime::Result<()> {
        self.table.delete(retype_owned::<_, Udp>(socket))?;
        Ok(())
    }
}
