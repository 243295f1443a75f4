//! A small load generator for plain HTTP: each connection sends a GET as soon as it has the last answer.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::load::Outcome;

/// An answer's head must fit, and its body too if it is to be read at once; answers here are far smaller.
const BUFFER_BYTES: usize = 16 * 1024;
/// An answer that takes longer is a failure.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Asks for `path` over all these connections for `time`.
pub(super) async fn hammer<S>(connections: Vec<S>, path: &str, time: Duration) -> Result<Outcome>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let request = format!("GET {path} HTTP/1.1\r\nhost: isopod\r\n\r\n");
    let mut workers = JoinSet::new();
    let start = Instant::now();
    let end = start + time;
    for connection in connections {
        let request = request.clone();
        workers.spawn(async move { work(connection, request.as_bytes(), end).await });
    }
    let mut outcome = Outcome::default();
    while let Some(worker) = workers.join_next().await {
        outcome.latencies.extend(worker.context("a connection's task")??);
    }
    outcome.elapsed = start.elapsed();
    Ok(outcome)
}

async fn work<S>(mut stream: S, request: &[u8], end: Instant) -> Result<Vec<Duration>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut latencies = Vec::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let start = Instant::now();
        if start >= end {
            return Ok(latencies);
        }
        stream.write_all(request).await.context("send a request")?;
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, answer(&mut stream, &mut buffer));
        answer.await.context("an answer took too long")??;
        latencies.push(start.elapsed());
    }
}

/// Sends one request and reads the answer, which must be a 200.
pub(super) async fn once<S>(stream: &mut S, path: &str) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = format!("GET {path} HTTP/1.1\r\nhost: isopod\r\n\r\n");
    stream.write_all(request.as_bytes()).await.context("send a request")?;
    answer(stream, &mut vec![0; BUFFER_BYTES]).await
}

async fn answer<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    let mut whole = None;
    while whole.is_none_or(|length| filled < length) {
        let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) else {
            bail!("an answer of more than {BUFFER_BYTES} bytes");
        };
        let count = stream.read(room).await.context("read an answer")?;
        if count == 0 {
            bail!("the connection was closed within an answer");
        }
        filled += count;
        if whole.is_none() {
            whole = length(&buffer[..filled])?;
        }
    }
    Ok(())
}

/// The length of an answer of which these are the first bytes; nothing while its head is not whole.
fn length(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    if !head.starts_with("http/1.1 200") {
        bail!("answered {:?}", head.lines().next().unwrap_or_default());
    }
    let mut lengths = head.lines().filter_map(|line| line.strip_prefix("content-length:"));
    let length: Option<usize> = lengths.find_map(|length| length.trim().parse().ok());
    Ok(Some(end + 4 + length.context("an answer without content-length")?))
}

#[cfg(test)]
mod tests;
