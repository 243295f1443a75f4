//! Answers every request on port 8080 with a greeting, one connection after the other.

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

/// No request of interest is longer.
const MAX_REQUEST: usize = 8192;

fn main() -> io::Result<()> {
    let address = env::var("LISTEN").unwrap_or_else(|_| "0.0.0.0:8080".to_owned());
    let sentence =
        env::var("GREETING").unwrap_or_else(|_| "A fine day on the pod network to you!".to_owned());
    let listener = TcpListener::bind(&address)?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept()?;
        match answer(stream, &sentence) {
            Ok(true) => println!("greeted {peer}"),
            Ok(false) => {}
            Err(error) => println!("lost {peer}: {error}"),
        }
    }
}

/// False when the peer closed without asking, as a TCP probe does.
fn answer(mut stream: TcpStream, sentence: &str) -> io::Result<bool> {
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Ok(false);
        }
        request.extend_from_slice(&chunk[..count]);
        if request.len() > MAX_REQUEST {
            stream.write_all(b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
            return Ok(false);
        }
    }
    let length = sentence.len() + 1;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{sentence}\n"
    )?;
    stream.flush()?;
    Ok(true)
}
