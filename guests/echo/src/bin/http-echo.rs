//! Answers each request of HTTP/1.1 with the request's own body and type, as it comes: `http-echo [ADDRESS]`.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// How a body tells its end.
enum Length {
    Bytes(u64),
    Chunks,
}

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "0.0.0.0:80".to_owned());
    let listener = TcpListener::bind(&address)?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept()?;
        if let Err(error) = answer(&stream) {
            println!("lost {peer}: {error}");
        }
    }
}

fn answer(mut stream: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (length, media) = head(&mut reader)?;
    let told = match length {
        Length::Bytes(count) => format!("content-length: {count}"),
        Length::Chunks => "transfer-encoding: chunked".to_owned(),
    };
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {media}\r\n{told}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    match length {
        Length::Bytes(count) => _ = io::copy(&mut reader.take(count), &mut stream)?,
        Length::Chunks => while chunk(&mut reader, stream)? {},
    }
    Ok(())
}

/// The length and the type of the body to come.
fn head(reader: &mut impl BufRead) -> io::Result<(Length, String)> {
    let (mut length, mut media) = (Length::Bytes(0), "text/plain".to_owned());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            return Ok((length, media));
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        match (name.to_ascii_lowercase().as_str(), value.trim()) {
            ("content-length", value) => length = Length::Bytes(value.parse().unwrap_or(0)),
            ("transfer-encoding", _) => length = Length::Chunks,
            ("content-type", value) => media = value.to_owned(),
            _ => {}
        }
    }
}

/// Passes a chunk on; false after the last one.
fn chunk(reader: &mut impl BufRead, mut stream: &TcpStream) -> io::Result<bool> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    stream.write_all(line.as_bytes())?;
    let size = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
    io::copy(&mut reader.take(size + 2), &mut stream)?;
    Ok(size > 0)
}
