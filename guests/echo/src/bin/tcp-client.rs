//! Connects, sends a text, half-closes and prints what comes back: `tcp-client ADDRESS TEXT`.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let address = args.next().expect("an address");
    let text = args.next().unwrap_or_else(|| "hello".to_owned());
    let mut stream = TcpStream::connect(&address)?;
    println!("connected {} to {}", stream.local_addr()?, stream.peer_addr()?);
    stream.write_all(text.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    println!("received {answer}");
    Ok(())
}
