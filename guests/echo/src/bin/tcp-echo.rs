//! Sends back what each connection sends: `tcp-echo [ADDRESS] [CONNECTIONS]`; without a number it never ends.

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "0.0.0.0:7".to_owned());
    let connections = args.next().and_then(|number| number.parse().ok()).unwrap_or(u64::MAX);
    let listener = TcpListener::bind(&address)?;
    println!("listening on {}", listener.local_addr()?);
    for _ in 0..connections {
        let (stream, peer) = listener.accept()?;
        match echo(stream) {
            Ok(count) => println!("echoed {count} bytes to {peer}"),
            Err(error) => println!("lost {peer}: {error}"),
        }
    }
    Ok(())
}

fn echo(mut stream: TcpStream) -> io::Result<u64> {
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(total);
        }
        stream.write_all(&buffer[..count])?;
        total += count as u64;
    }
}
