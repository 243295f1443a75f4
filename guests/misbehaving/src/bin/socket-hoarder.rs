//! Opens sockets until it is refused and prints how many it got: `socket-hoarder [HOLD]`; with an argument it then waits.

use std::env;
use std::net::{TcpListener, UdpSocket};

/// Far above what any limit should allow.
const MANY: usize = 1_000_000;

fn main() {
    let mut listeners = Vec::new();
    let mut datagram_sockets = Vec::new();
    for _ in 0..MANY {
        match TcpListener::bind("0.0.0.0:0") {
            Ok(listener) => listeners.push(listener),
            Err(error) => {
                println!("listener {}: {error}", listeners.len());
                break;
            }
        }
    }
    drop(listeners.pop());
    for _ in 0..MANY {
        match UdpSocket::bind("0.0.0.0:0") {
            Ok(socket) => datagram_sockets.push(socket),
            Err(error) => {
                println!("datagram socket {}: {error}", datagram_sockets.len());
                break;
            }
        }
    }
    println!("holding {} listeners, {} datagram sockets", listeners.len(), datagram_sockets.len());
    if env::args().nth(1).is_some() {
        let _ = listeners[0].accept();
    }
}
