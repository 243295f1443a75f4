//! Measures TCP: streams in large writes and one-byte round trips. The same program runs natively.
//!
//! `bench sink ADDRESS [CONNECTIONS]` swallows streams, `bench echo ADDRESS [CONNECTIONS]` answers round trips,
//! `bench stream ADDRESS BYTES [WRITE_SIZE]` and `bench ping ADDRESS COUNT` measure against them. `bench spin` computes
//! until it is killed.

use std::env::{self, Args};
use std::io::{self, Read, Write};
use std::iter::Skip;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Instant;

/// What `sink` reads and `stream` writes at once unless told otherwise.
const WRITE_SIZE: usize = 64 * 1024;

/// Round trips before the clock starts.
const WARM_UP: u64 = 100;

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let mode = args.next().unwrap_or_default();
    let address = args.next().unwrap_or_else(|| "127.0.0.1:9000".to_owned());
    match mode.as_str() {
        "sink" => serve(&address, number(&mut args, 1), sink),
        "echo" => serve(&address, number(&mut args, 1), echo),
        "stream" => {
            let total = number(&mut args, 1 << 30);
            let write_size = number(&mut args, WRITE_SIZE as u64);
            stream(&address, total, usize::try_from(write_size).unwrap_or(WRITE_SIZE))
        }
        "ping" => ping(&address, number(&mut args, 10_000)),
        "spin" => spin(),
        _ => {
            eprintln!("usage: bench sink|echo|stream|ping|spin ADDRESS …");
            std::process::exit(2);
        }
    }
}

fn number(args: &mut Skip<Args>, default: u64) -> u64 {
    args.next().and_then(|number| number.parse().ok()).unwrap_or(default)
}

fn serve(address: &str, count: u64, answer: fn(TcpStream) -> io::Result<()>) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    for _ in 0..count {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        answer(stream)?;
    }
    Ok(())
}

fn sink(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; WRITE_SIZE];
    let mut total = 0_u64;
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return stream.write_all(&total.to_le_bytes());
        }
        total += count as u64;
    }
}

fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count])?;
    }
}

fn spin() -> ! {
    println!("spinning");
    loop {
        std::hint::black_box(());
    }
}

/// Prints `bytes N nanoseconds T`, the time from the first write until the sink has counted the last byte.
fn stream(address: &str, total: u64, write_size: usize) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let chunk = vec![7; write_size];
    let start = Instant::now();
    let mut sent = 0_u64;
    while sent < total {
        stream.write_all(&chunk)?;
        sent += write_size as u64;
    }
    stream.shutdown(Shutdown::Write)?;
    let mut counted = [0; 8];
    stream.read_exact(&mut counted)?;
    let elapsed = start.elapsed().as_nanos();
    assert_eq!(u64::from_le_bytes(counted), sent, "the sink must have seen every byte");
    println!("bytes {sent} nanoseconds {elapsed}");
    Ok(())
}

/// Prints `round_trips N nanoseconds T`.
fn ping(address: &str, count: u64) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut byte = [1];
    for _ in 0..WARM_UP {
        round_trip(&mut stream, &mut byte)?;
    }
    let start = Instant::now();
    for _ in 0..count {
        round_trip(&mut stream, &mut byte)?;
    }
    println!("round_trips {count} nanoseconds {}", start.elapsed().as_nanos());
    Ok(())
}

fn round_trip(stream: &mut TcpStream, byte: &mut [u8; 1]) -> io::Result<()> {
    stream.write_all(byte)?;
    stream.read_exact(byte)
}
