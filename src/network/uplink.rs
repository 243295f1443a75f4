//! The way out of the pod network: real sockets of the host, spliced to virtual ones.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use ipnet::IpNet;
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::splice::splice;
use crate::{Error, Stream};

mod relay;

pub(crate) use relay::Relay;

/// Ranges no sandbox reaches through the host, whatever its egress: the host's loopback, where services listen that
/// trust whoever connects; link-local addresses, where clouds hand out the machine's credentials; "this network",
/// multicast and reserved ranges, which have no single host behind them.
const FORBIDDEN: [&str; 9] = [
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "fe80::/10",
    "ff00::/8",
];

/// What a browser or curl gives a server before it tries another; kernels try for minutes.
const DIAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Twice what a resolver with its default of two attempts, five seconds each, takes for one server.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Each lookup holds a blocking thread; tokio has 512 of them, and files need some.
const MAX_LOOKUPS: usize = 64;

/// The way out of the pod network.
#[derive(Debug, Clone)]
pub struct Uplink(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    forbidden: Vec<IpNet>,
    lookups: Semaphore,
    tasks: Tasks,
}

impl Uplink {
    /// A way out whose connections run as `tasks`.
    pub fn new(tasks: Tasks) -> Self {
        let parse = |network: &&str| network.parse().expect("the constant is a list of networks");
        let forbidden = FORBIDDEN.iter().map(parse).collect();
        Self(Arc::new(Inner { forbidden, lookups: Semaphore::new(MAX_LOOKUPS), tasks }))
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.0.tasks
    }

    /// Dials a socket of the outside.
    pub(crate) async fn dial(&self, to: SocketAddr) -> Result<TcpStream, Error> {
        self.check(to).await?;
        self.dial_host(to).await
    }

    /// Dials a socket anywhere, the host itself included.
    pub(crate) async fn dial_host(&self, to: SocketAddr) -> Result<TcpStream, Error> {
        let dialled = timeout(DIAL_TIMEOUT, TcpStream::connect(to)).await;
        let socket = dialled.map_err(|_| Error::TimedOut)?.map_err(|e| Error::from_host(&e))?;
        // Both ends are memory but for this hop; waiting for more bytes only adds delay.
        socket.set_nodelay(true).map_err(|e| Error::from_host(&e))?;
        Ok(socket)
    }

    /// Carries bytes between the two until both have finished or one breaks.
    pub(crate) fn splice(&self, socket: TcpStream, stream: Stream) {
        self.0.tasks.spawn_until_stop("uplink", splice(socket, stream));
    }

    /// Asks the host's resolver.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Error> {
        let _turn = self.0.lookups.acquire().await.map_err(|_| Error::NameUnavailable)?;
        let found = timeout(RESOLVE_TIMEOUT, lookup_host((name, 0))).await;
        let found = found.map_err(|_| Error::NameUnavailable)?.map_err(|_| Error::NameUnknown)?;
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in found.map(|address| address.ip()) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(addresses)
    }

    /// Refuses what no sandbox may reach.
    pub(crate) async fn check(&self, to: SocketAddr) -> Result<(), Error> {
        let forbidden = self.0.forbidden.iter().any(|network| network.contains(&to.ip()));
        if forbidden || is_own_address(to).await { Err(Error::Denied) } else { Ok(()) }
    }
}

/// Tells whether `to` is an address of this host: routes to such an address start from itself. Nothing is sent.
async fn is_own_address(to: SocketAddr) -> bool {
    let any: IpAddr = match to {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let Ok(socket) = UdpSocket::bind((any, 0)).await else { return false };
    if socket.connect(to).await.is_err() {
        return false;
    }
    socket.local_addr().is_ok_and(|local| local.ip() == to.ip())
}

#[cfg(test)]
mod tests;
