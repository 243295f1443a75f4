//! UDP: bind, connect and send, and sending to an address without connecting.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::ErrorCode;
use wasip2::sockets::udp::{OutgoingDatagram, UdpSocket};
use wasip2::sockets::udp_create_socket::create_udp_socket;

use crate::addresses::{family, to_wasi};
use crate::{finish, report, wait};

/// Tries everything on `address`.
pub fn probe(address: SocketAddr) {
    report("udp bind", address, bound(address).map(drop));
    report("udp connect", address, send(address, true));
    report("udp send-to", address, send(address, false));
}

fn bound(address: SocketAddr) -> Result<UdpSocket, ErrorCode> {
    let socket = create_udp_socket(family(address))?;
    socket.start_bind(&instance_network(), to_wasi(address))?;
    let pollable = socket.subscribe();
    finish(&pollable, || socket.finish_bind())?;
    drop(pollable);
    Ok(socket)
}

fn send(address: SocketAddr, connect: bool) -> Result<(), ErrorCode> {
    let anywhere: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = bound(anywhere)?;
    let (_incoming, outgoing) = socket.stream(connect.then(|| to_wasi(address)))?;
    let mut permits = outgoing.check_send()?;
    if permits == 0 {
        wait(&outgoing.subscribe())?;
        permits = outgoing.check_send()?;
    }
    assert!(permits > 0, "ready means that something may be sent");
    let remote_address = (!connect).then(|| to_wasi(address));
    let datagram = OutgoingDatagram { data: b"a guest was here".to_vec(), remote_address };
    outgoing.send(&[datagram]).map(drop)
}
