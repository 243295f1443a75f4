//! `wasi:sockets/tcp`: stream sockets.

mod options;
mod streams;

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ::network::{Binding, Connecting, Listener, Reader, Stream, Writer};
use async_trait::async_trait;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Network,
};
use wasmtime_wasi::p2::bindings::sockets::tcp::{Host, HostTcpSocket, ShutdownType, TcpSocket};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, DynPollable, Pollable, SocketResult, subscribe,
};

use self::options::Options;
use self::streams::{TcpInput, TcpOutput};
use super::{Entered, Open, SocketsView, address, error, retype, retype_owned};

/// A stream socket.
pub(super) struct Tcp {
    state: State,
    family: IpAddressFamily,
    options: Options,
    _open: Open,
}

/// What a socket can do next.
enum State {
    /// Bind or connect.
    Unbound,
    /// Finish binding.
    BindStarted(Binding),
    /// Listen or connect.
    Bound(Binding),
    /// Finish listening.
    ListenStarted(Acceptor),
    /// Accept.
    Listening(Acceptor),
    /// Finish connecting, once it has stood or failed.
    Connecting(Dial),
    /// Read and write, through the streams.
    Connected { local: SocketAddr, peer: SocketAddr, reader: Arc<Reader>, writer: Arc<Writer> },
    /// Nothing: connecting or listening has failed.
    Closed,
}

/// A connection being made, and its outcome when it is known.
enum Dial {
    Waiting(Connecting),
    Done(Result<Stream, ::network::Error>),
}

impl Dial {
    /// Keeps the outcome, so that asking twice does no harm.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Self::Waiting(connecting) = self {
            match Pin::new(connecting).poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(outcome) => *self = Self::Done(outcome),
            }
        }
        Poll::Ready(())
    }
}

/// A listener that the container's end can close.
struct Acceptor {
    listener: Listener,
    entered: Entered,
}

impl Tcp {
    pub(super) fn new(family: IpAddressFamily, open: Open) -> Self {
        Self { state: State::Unbound, family, options: Options::default(), _open: open }
    }

    fn take_state(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Closed)
    }
}

#[async_trait]
impl Pollable for Tcp {
    async fn ready(&mut self) {
        match &mut self.state {
            State::Connecting(dial) => poll_fn(|context| dial.poll(context)).await,
            State::Listening(acceptor) => {
                tokio::select! { biased;
                    () = acceptor.entered.closed() => {}
                    () = poll_fn(|context| acceptor.listener.poll_ready(context)) => {}
                }
            }
            _ => {}
        }
    }
}

type Streams = (Resource<DynInputStream>, Resource<DynOutputStream>);

impl SocketsView<'_> {
    fn tcp(&mut self, socket: &Resource<TcpSocket>) -> SocketResult<&mut Tcp> {
        Ok(self.table.get_mut(&retype::<_, Tcp>(socket))?)
    }

    fn streams(
        &mut self,
        socket: &Resource<Tcp>,
        reader: Arc<Reader>,
        writer: Arc<Writer>,
    ) -> SocketResult<Streams> {
        let input: DynInputStream = Box::new(TcpInput(reader));
        let output: DynOutputStream = Box::new(TcpOutput(writer));
        Ok((self.table.push_child(input, socket)?, self.table.push_child(output, socket)?))
    }
}

/// The connected state and its halves.
fn connected(stream: Stream) -> (State, Arc<Reader>, Arc<Writer>) {
    let (local, peer) = (stream.local(), stream.peer());
    let (reader, writer) = stream.into_split();
    let (reader, writer) = (Arc::new(reader), Arc::new(writer));
    let halves = (Arc::clone(&reader), Arc::clone(&writer));
    (State::Connected { local, peer, reader, writer }, halves.0, halves.1)
}

impl Host for SocketsView<'_> {}

impl HostTcpSocket for SocketsView<'_> {
    async fn start_bind(
        &mut self,
        socket: Resource<TcpSocket>,
        _network: Resource<Network>,
        local: IpSocketAddress,
    ) -> SocketResult<()> {
        let interface = self.sockets.interface.clone();
        let tcp = self.tcp(&socket)?;
        let State::Unbound = tcp.state else { return Err(ErrorCode::InvalidState.into()) };
        let local = address::bindable(local, tcp.family)?;
        tcp.state = State::BindStarted(interface.bind_tcp(local).map_err(error::code)?);
        Ok(())
    }

    fn finish_bind(&mut self, socket: Resource<TcpSocket>) -> SocketResult<()> {
        let tcp = self.tcp(&socket)?;
        match tcp.take_state() {
            State::BindStarted(binding) => {
                tcp.state = State::Bound(binding);
                Ok(())
            }
            other => {
                tcp.state = other;
                Err(ErrorCode::NotInProgress.into())
            }
        }
    }

    fn start_connect(
        &mut self,
        socket: Resource<TcpSocket>,
        _network: Resource<Network>,
        remote: IpSocketAddress,
    ) -> SocketResult<()> {
        let interface = self.sockets.interface.clone();
        let tcp = self.tcp(&socket)?;
        if !matches!(tcp.state, State::Unbound | State::Bound(_)) {
            return Err(ErrorCode::InvalidState.into());
        }
        let remote = address::reachable(remote, tcp.family)?;
        let connecting = match tcp.take_state() {
            State::Bound(binding) => binding.connect(remote),
            _ => interface.connect(None, remote),
        };
        tcp.state = State::Connecting(Dial::Waiting(connecting));
        Ok(())
    }

    fn finish_connect(&mut self, socket: Resource<TcpSocket>) -> SocketResult<Streams> {
        let tcp = self.tcp(&socket)?;
        let State::Connecting(dial) = &mut tcp.state else {
            return Err(ErrorCode::NotInProgress.into());
        };
        // Most connections stand at once; then the guest need not wait at all.
        let _ = dial.poll(&mut Context::from_waker(Waker::noop()));
        if let Dial::Waiting(_) = dial {
            return Err(ErrorCode::WouldBlock.into());
        }
        let State::Connecting(Dial::Done(outcome)) = tcp.take_state() else {
            unreachable!("the state was looked at two lines above")
        };
        let (state, reader, writer) = connected(outcome.map_err(error::code)?);
        tcp.state = state;
        self.streams(&retype(&socket), reader, writer)
    }

    async fn start_listen(&mut self, socket: Resource<TcpSocket>) -> SocketResult<()> {
        let entered = self.sockets.listening.enter();
        let tcp = self.tcp(&socket)?;
        match tcp.take_state() {
            State::Bound(binding) => {
                let listener = binding.listen(tcp.options.backlog()).map_err(error::code)?;
                tcp.state = State::ListenStarted(Acceptor { listener, entered });
                Ok(())
            }
            other => {
                tcp.state = other;
                Err(ErrorCode::InvalidState.into())
            }
        }
    }

    fn finish_listen(&mut self, socket: Resource<TcpSocket>) -> SocketResult<()> {
        let tcp = self.tcp(&socket)?;
        match tcp.take_state() {
            State::ListenStarted(acceptor) => {
                tcp.state = State::Listening(acceptor);
                Ok(())
            }
            other => {
                tcp.state = other;
                Err(ErrorCode::NotInProgress.into())
            }
        }
    }

    fn accept(
        &mut self,
        socket: Resource<TcpSocket>,
    ) -> SocketResult<(Resource<TcpSocket>, Resource<DynInputStream>, Resource<DynOutputStream>)>
    {
        let open = self.sockets.open();
        let tcp = self.tcp(&socket)?;
        let State::Listening(acceptor) = &tcp.state else {
            return Err(ErrorCode::InvalidState.into());
        };
        if acceptor.entered.is_closed() {
            tcp.state = State::Closed;
            return Err(ErrorCode::InvalidState.into());
        }
        let open = open?;
        let Some(stream) = acceptor.listener.try_accept() else {
            return Err(ErrorCode::WouldBlock.into());
        };
        let (state, reader, writer) = connected(stream);
        let accepted = Tcp { state, family: tcp.family, options: tcp.options.clone(), _open: open };
        let accepted = self.table.push(accepted)?;
        let (input, output) = self.streams(&accepted, reader, writer)?;
        Ok((retype_owned(accepted), input, output))
    }

    fn local_address(&mut self, socket: Resource<TcpSocket>) -> SocketResult<IpSocketAddress> {
        let local = match &self.tcp(&socket)?.state {
            State::Bound(binding) => binding.local(),
            State::ListenStarted(acceptor) | State::Listening(acceptor) => {
                acceptor.listener.local()
            }
            State::Connected { local, .. } => *local,
            _ => return Err(ErrorCode::InvalidState.into()),
        };
        Ok(address::from_std(local))
    }

    fn remote_address(&mut self, socket: Resource<TcpSocket>) -> SocketResult<IpSocketAddress> {
        match &self.tcp(&socket)?.state {
            State::Connected { peer, .. } => Ok(address::from_std(*peer)),
            _ => Err(ErrorCode::InvalidState.into()),
        }
    }

    fn is_listening(&mut self, socket: Resource<TcpSocket>) -> wasmtime::Result<bool> {
        let tcp = self.table.get(&retype::<_, Tcp>(&socket))?;
        Ok(matches!(tcp.state, State::Listening(_)))
    }

    fn address_family(&mut self, socket: Resource<TcpSocket>) -> wasmtime::Result<IpAddressFamily> {
        Ok(self.table.get(&retype::<_, Tcp>(&socket))?.family)
    }

    fn set_listen_backlog_size(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u64,
    ) -> SocketResult<()> {
        Ok(self.tcp(&socket)?.options.set_backlog(value)?)
    }

    fn keep_alive_enabled(&mut self, socket: Resource<TcpSocket>) -> SocketResult<bool> {
        Ok(self.tcp(&socket)?.options.keep_alive)
    }

    fn set_keep_alive_enabled(
        &mut self,
        socket: Resource<TcpSocket>,
        value: bool,
    ) -> SocketResult<()> {
        self.tcp(&socket)?.options.keep_alive = value;
        Ok(())
    }

    fn keep_alive_idle_time(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u64> {
        Ok(self.tcp(&socket)?.options.keep_alive_idle)
    }

    fn set_keep_alive_idle_time(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u64,
    ) -> SocketResult<()> {
        self.tcp(&socket)?.options.keep_alive_idle = options::positive(value)?;
        Ok(())
    }

    fn keep_alive_interval(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u64> {
        Ok(self.tcp(&socket)?.options.keep_alive_interval)
    }

    fn set_keep_alive_interval(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u64,
    ) -> SocketResult<()> {
        self.tcp(&socket)?.options.keep_alive_interval = options::positive(value)?;
        Ok(())
    }

    fn keep_alive_count(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u32> {
        Ok(self.tcp(&socket)?.options.keep_alive_count)
    }

    fn set_keep_alive_count(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u32,
    ) -> SocketResult<()> {
        self.tcp(&socket)?.options.keep_alive_count = options::positive(value)?;
        Ok(())
    }

    fn hop_limit(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u8> {
        Ok(self.tcp(&socket)?.options.hop_limit)
    }

    fn set_hop_limit(&mut self, socket: Resource<TcpSocket>, value: u8) -> SocketResult<()> {
        self.tcp(&socket)?.options.hop_limit = options::positive(value)?;
        Ok(())
    }

    fn receive_buffer_size(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u64> {
        Ok(self.tcp(&socket)?.options.receive_buffer)
    }

    fn set_receive_buffer_size(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u64,
    ) -> SocketResult<()> {
        self.tcp(&socket)?.options.receive_buffer = options::positive(value)?;
        Ok(())
    }

    fn send_buffer_size(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u64> {
        Ok(self.tcp(&socket)?.options.send_buffer)
    }

    fn set_send_buffer_size(
        &mut self,
        socket: Resource<TcpSocket>,
        value: u64,
    ) -> SocketResult<()> {
        self.tcp(&socket)?.options.send_buffer = options::positive(value)?;
        Ok(())
    }

    fn subscribe(
        &mut self,
        socket: Resource<TcpSocket>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, retype::<_, Tcp>(&socket))
    }

    fn shutdown(&mut self, socket: Resource<TcpSocket>, how: ShutdownType) -> SocketResult<()> {
        let State::Connected { reader, writer, .. } = &self.tcp(&socket)?.state else {
            return Err(ErrorCode::InvalidState.into());
        };
        if matches!(how, ShutdownType::Receive | ShutdownType::Both) {
            reader.shutdown();
        }
        if matches!(how, ShutdownType::Send | ShutdownType::Both) {
            writer.shutdown();
        }
        Ok(())
    }

    fn drop(&mut self, socket: Resource<TcpSocket>) -> wasmtime::Result<()> {
        self.table.delete(retype_owned::<_, Tcp>(socket))?;
        Ok(())
    }
}
