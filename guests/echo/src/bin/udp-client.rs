//! Sends one datagram and prints the answer: `udp-client ADDRESS TEXT`.

use std::env;
use std::io;
use std::net::UdpSocket;

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let address = args.next().expect("an address");
    let text = args.next().unwrap_or_else(|| "hello".to_owned());
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.connect(&address)?;
    socket.send(text.as_bytes())?;
    let mut buffer = vec![0; 64 * 1024];
    let count = socket.recv(&mut buffer)?;
    println!("received {}", String::from_utf8_lossy(&buffer[..count]));
    Ok(())
}
