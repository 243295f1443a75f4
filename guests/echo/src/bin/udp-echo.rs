//! Sends back every datagram: `udp-echo [ADDRESS] [DATAGRAMS]`; without a number it never ends.

use std::env;
use std::io;
use std::net::UdpSocket;

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "0.0.0.0:7".to_owned());
    let datagrams = args.next().and_then(|number| number.parse().ok()).unwrap_or(u64::MAX);
    let socket = UdpSocket::bind(&address)?;
    println!("listening on {}", socket.local_addr()?);
    let mut buffer = vec![0; 64 * 1024];
    for _ in 0..datagrams {
        let (count, peer) = socket.recv_from(&mut buffer)?;
        socket.send_to(&buffer[..count], peer)?;
    }
    Ok(())
}
