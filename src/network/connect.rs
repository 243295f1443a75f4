//! Dialling: where a connection goes, and waiting until it stands.

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::connection::{Connection, End, Side};
use crate::interface::canonical;
use crate::listener::{NotQueued, Reserved};
use crate::plug::{Lease, Plug};
use crate::{Egress, Endpoint, Error, Protocol, Stream, Verdict};

/// How long a connection waits for room in the backlog of its listener. Kernels try for two minutes; whoever has not
/// accepted for half a minute is stuck, and a client that learns it can go elsewhere.
const BACKLOG_TIMEOUT: Duration = Duration::from_secs(30);

/// When an address of the pod network has no interface, neighbour discovery on a real one would fail after three
/// seconds (RFC 4861: three probes, a second each). We know at once, but a client that retries in a loop must not spin.
const UNREACHABLE_AFTER: Duration = Duration::from_secs(1);

/// A connection that is being made.
pub struct Connecting(State);

enum State {
    Done(Option<Result<Stream, Error>>),
    Waiting(Pin<Box<dyn Future<Output = Result<Stream, Error>> + Send>>),
}

impl Connecting {
    pub(crate) fn failed(error: Error) -> Self {
        Self(State::Done(Some(Err(error))))
    }
}

impl Future for Connecting {
    type Output = Result<Stream, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Done(result) => {
                Poll::Ready(result.take().expect("a future is not polled after it is done"))
            }
            State::Waiting(future) => future.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.0 {
            State::Done(_) => "Done",
            State::Waiting(_) => "Waiting",
        };
        f.debug_tuple("Connecting").field(&state).finish()
    }
}

/// Connects from an ephemeral port, for `client` if that is somebody else: a sticky service knows it by this address.
pub(crate) fn connect(plug: &Arc<Plug>, client: Option<IpAddr>, remote: SocketAddr) -> Connecting {
    let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let remote = destination(remote);
    let lease = plug.source(any, remote.ip()).and_then(|source| plug.lease_source(source));
    match lease {
        Ok(lease) => begin(lease, client, remote),
        Err(error) => Connecting::failed(error),
    }
}

/// Connects from a port that is already taken.
pub(crate) fn connect_from(lease: Lease, remote: SocketAddr) -> Connecting {
    begin(lease, None, destination(remote))
}

/// Where dialling `remote` leads: an unspecified address means this very host, as for a kernel.
pub(crate) fn destination(remote: SocketAddr) -> SocketAddr {
    let remote = canonical(remote);
    let address = match remote.ip() {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    SocketAddr::new(address, remote.port())
}

fn begin(lease: Lease, client: Option<IpAddr>, remote: SocketAddr) -> Connecting {
    let plug = Arc::clone(lease.plug());
    let source = match plug.source(lease.local().ip(), remote.ip()) {
        Ok(source) => SocketAddr::new(source, lease.local().port()),
        Err(error) => return Connecting::failed(error),
    };
    if remote.port() == 0 {
        return Connecting::failed(Error::Refused);
    }
    let dial = Dial { lease, source, remote };
    if plug.owns(remote.ip()) {
        return dial.attached(plug, remote);
    }
    let client = client.unwrap_or(source.ip());
    match plug.switch.decide(client, remote.into(), Protocol::Tcp, None) {
        Verdict::Attached(endpoint) => match plug.switch.plug(endpoint.address) {
            Some(server) => dial.attached(server, endpoint.into()),
            None => unreachable_soon(),
        },
        Verdict::Host(endpoint) => dial.outside(endpoint, true),
        Verdict::Outside(endpoint) => match plug.attachment.egress {
            Egress::Allowed => dial.outside(endpoint, false),
            Egress::Denied => Connecting::failed(Error::Denied),
        },
        Verdict::Refuse => Connecting::failed(Error::Refused),
        Verdict::Unreachable => unreachable_soon(),
    }
}

fn unreachable_soon() -> Connecting {
    Connecting(State::Waiting(Box::pin(async {
        sleep(UNREACHABLE_AFTER).await;
        Err(Error::Unreachable)
    })))
}

/// A client that knows its own port and its peer.
struct Dial {
    lease: Lease,
    source: SocketAddr,
    /// The address the client dialled, which it sees as its peer.
    remote: SocketAddr,
}

impl Dial {
    /// Connects to a listener of `server` at `to`.
    fn attached(self, server: Arc<Plug>, to: SocketAddr) -> Connecting {
        let Some(queue) = server.listener(to) else { return Connecting::failed(Error::Refused) };
        match queue.reserve() {
            Ok(place) => Connecting(State::Done(Some(self.join(&server, to, place)))),
            Err(NotQueued::Closed) => Connecting::failed(Error::Refused),
            Err(NotQueued::Full) => Connecting(State::Waiting(Box::pin(self.wait(server, to)))),
        }
    }

    /// Connects as soon as the backlog has room.
    async fn wait(self, server: Arc<Plug>, to: SocketAddr) -> Result<Stream, Error> {
        let deadline = Instant::now() + BACKLOG_TIMEOUT;
        loop {
            let queue = server.listener(to).ok_or(Error::Refused)?;
            let mut room = pin!(queue.room().notified());
            room.as_mut().enable();
            match queue.reserve() {
                Ok(place) => return self.join(&server, to, place),
                Err(NotQueued::Closed) => return Err(Error::Refused),
                Err(NotQueued::Full) => (),
            }
            timeout_at(deadline, room).await.map_err(|_| Error::TimedOut)?;
        }
    }

    fn join(self, server: &Arc<Plug>, to: SocketAddr, place: Reserved) -> Result<Stream, Error> {
        // A server that cannot take the connection looks to its client as if it were not there.
        let theirs = server.reserve(None).map_err(|_| Error::Refused)?;
        let ours = Arc::clone(self.lease.plug()).reserve(Some(self.lease))?;
        let connection = Connection::establish(
            End::new(self.source, self.remote, ours),
            End::new(to, self.source, theirs),
        );
        let stream = Stream::new(&connection, Side::Client);
        place.fill(Stream::new(&connection, Side::Server)).map_err(|_| Error::Refused)?;
        Ok(stream)
    }

    /// Connects to a socket outside the pod network.
    fn outside(self, to: Endpoint, host: bool) -> Connecting {
        let Some(uplink) = self.lease.plug().switch.uplink.clone() else {
            return unreachable_soon();
        };
        Connecting(State::Waiting(Box::pin(async move {
            let socket = if host {
                uplink.dial_host(to.into()).await?
            } else {
                uplink.dial(to.into()).await?
            };
            let ours = Arc::clone(self.lease.plug()).reserve(Some(self.lease))?;
            let theirs = End::outside(self.remote, self.source, ours.window());
            let connection =
                Connection::establish(End::new(self.source, self.remote, ours), theirs);
            uplink.splice(socket, Stream::new(&connection, Side::Server));
            Ok(Stream::new(&connection, Side::Client))
        })))
    }
}
