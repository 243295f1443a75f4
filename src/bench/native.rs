//! What the bench guest does, natively over the kernel's loopback interface, with blocking threads and with tokio.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// As the guest reads.
const READ_SIZE: usize = 64 * 1024;
const ANYWHERE: &str = "127.0.0.1:0";

/// Streams bytes between two threads; the time until the sink has counted the last one.
pub(super) async fn stream(total: u64, write_size: usize) -> Result<Duration> {
    blocking(move || {
        let listener = TcpListener::bind(ANYWHERE)?;
        let address = listener.local_addr()?;
        std::thread::scope(|scope| {
            let sink = scope.spawn(move || swallow(listener.accept()?.0));
            let elapsed = pour(TcpStream::connect(address)?, total, write_size)?;
            sink.join().map_err(|_| io::Error::other("the sink panicked"))??;
            Ok(elapsed)
        })
    })
    .await
}

/// Round trips of one byte between two threads.
pub(super) async fn ping(count: u64) -> Result<Duration> {
    blocking(move || {
        let listener = TcpListener::bind(ANYWHERE)?;
        let address = listener.local_addr()?;
        std::thread::scope(|scope| {
            let echo = scope.spawn(move || answer(listener.accept()?.0));
            let elapsed = trips(TcpStream::connect(address)?, count)?;
            echo.join().map_err(|_| io::Error::other("the echo panicked"))??;
            Ok(elapsed)
        })
    })
    .await
}

async fn blocking(
    work: impl FnOnce() -> io::Result<Duration> + Send + 'static,
) -> Result<Duration> {
    let done = tokio::task::spawn_blocking(work).await.context("a native thread")?;
    done.map_err(|error| anyhow!("native sockets: {error}"))
}

fn swallow(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; READ_SIZE];
    let mut total = 0_u64;
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return stream.write_all(&total.to_le_bytes());
        }
        total += count as u64;
    }
}

fn pour(mut stream: TcpStream, total: u64, write_size: usize) -> io::Result<Duration> {
    let chunk = vec![7; write_size];
    let start = Instant::now();
    let mut sent = 0;
    while sent < total {
        stream.write_all(&chunk)?;
        sent += write_size as u64;
    }
    stream.shutdown(Shutdown::Write)?;
    let mut counted = [0; 8];
    stream.read_exact(&mut counted)?;
    Ok(start.elapsed())
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count])?;
    }
}

fn trips(mut stream: TcpStream, count: u64) -> io::Result<Duration> {
    stream.set_nodelay(true)?;
    let mut byte = [1];
    let start = Instant::now();
    for _ in 0..count {
        stream.write_all(&byte)?;
        stream.read_exact(&mut byte)?;
    }
    Ok(start.elapsed())
}

/// Round trips of one byte between two tasks of this runtime.
pub(super) async fn tokio_ping(count: u64) -> Result<Duration> {
    let listener = tokio::net::TcpListener::bind(ANYWHERE).await.context("listen")?;
    let address = listener.local_addr().context("listen")?;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let mut buffer = [0; 1024];
        loop {
            let count = stream.read(&mut buffer).await?;
            if count == 0 {
                return Ok(Duration::ZERO);
            }
            stream.write_all(&buffer[..count]).await?;
        }
    });
    tasks.spawn(async move {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut byte = [1];
        let start = Instant::now();
        for _ in 0..count {
            stream.write_all(&byte).await?;
            stream.read_exact(&mut byte).await?;
        }
        Ok(start.elapsed())
    });
    let mut longest = Duration::ZERO;
    while let Some(ended) = tasks.join_next().await {
        let elapsed: io::Result<Duration> = ended.context("a native task")?;
        longest = longest.max(elapsed.context("native sockets")?);
    }
    Ok(longest)
}
