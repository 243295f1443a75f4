//! Under which address others reach a server that listens on every one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// An address beyond every network of this host, kept for documentation (RFC 5737, RFC 3849).
const BEYOND: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// The address that a server is to be known by. Where it listens on all of them, it is the one that this host's
/// connections to the outside start from, or loopback if there is no way out.
pub(crate) fn advertised(listening: SocketAddr) -> SocketAddr {
    if !listening.ip().is_unspecified() {
        return listening;
    }
    let (loopback, beyond): (IpAddr, _) = match listening {
        SocketAddr::V4(_) => (Ipv4Addr::LOCALHOST.into(), BEYOND[0]),
        SocketAddr::V6(_) => (Ipv6Addr::LOCALHOST.into(), BEYOND[1]),
    };
    SocketAddr::new(source(listening.ip(), beyond).unwrap_or(loopback), listening.port())
}

/// Where a route to `beyond` starts. Nothing is sent.
fn source(any: IpAddr, beyond: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((beyond, 9)).ok()?;
    let local = socket.local_addr().ok()?.ip();
    (!local.is_unspecified()).then_some(local)
}

#[cfg(test)]
mod tests;
