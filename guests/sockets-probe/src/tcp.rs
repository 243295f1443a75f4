//! TCP: bind, listen, connect, and a byte sent over whatever connects.

use std::net::SocketAddr;

use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::ErrorCode;
use wasip2::sockets::tcp::TcpSocket;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

use crate::addresses::{family, to_wasi};
use crate::{finish, report};

/// Tries everything on `address`.
pub fn probe(address: SocketAddr) {
    report("tcp bind", address, bound(address).map(drop));
    report("tcp listen", address, listen(address));
    report("tcp connect", address, connect(address));
}

fn bound(address: SocketAddr) -> Result<TcpSocket, ErrorCode> {
    let socket = create_tcp_socket(family(address))?;
    socket.start_bind(&instance_network(), to_wasi(address))?;
    let pollable = socket.subscribe();
    finish(&pollable, || socket.finish_bind())?;
    drop(pollable);
    Ok(socket)
}

fn listen(address: SocketAddr) -> Result<(), ErrorCode> {
    let socket = bound(address)?;
    socket.start_listen()?;
    let pollable = socket.subscribe();
    finish(&pollable, || socket.finish_listen())?;
    println!("tcp listens on {:?}", socket.local_address()?);
    Ok(())
}

fn connect(address: SocketAddr) -> Result<(), ErrorCode> {
    let socket = create_tcp_socket(family(address))?;
    socket.start_connect(&instance_network(), to_wasi(address))?;
    let pollable = socket.subscribe();
    let (_input, output) = finish(&pollable, || socket.finish_connect())?;
    drop(pollable);
    let sent = output.blocking_write_and_flush(b"a guest was here");
    println!("tcp connected to {address} and sent: {}", sent.is_ok());
    Ok(())
}
