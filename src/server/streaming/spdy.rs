//! SPDY/3.1: many streams over one connection, opened by the client with headers that say what each is for.

mod dictionary;
mod frame;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use super::channel::{self, Channel, Feed, Idle, Outbound};
use frame::{Frame, FrameReader, FrameWriter};

pub(crate) use frame::{Headers, ResetCode};

/// The name of the protocol in `Upgrade`.
pub(crate) const PROTOCOL: &str = "SPDY/3.1";
/// Streams of one connection at a time: a forwarded connection has two, and a browser opens some dozens.
const STREAMS_MAX: usize = 1_024;
/// Streams that wait to be looked at.
const ARRIVALS: usize = 16;
/// What is put together before it is written.
const WRITE_BYTES: usize = 64 << 10;

/// A stream the client has opened.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) headers: Headers,
    pub(crate) channel: Channel,
}

/// Speaks SPDY over `io`: the future is the connection, and the streams arrive beside it.
pub(crate) fn serve<IO>(
    io: IO,
) -> (impl Future<Output = io::Result<()>> + Send, mpsc::Receiver<Arrival>)
where
    IO: AsyncRead + AsyncWrite + Send + 'static,
{
    let (arrivals, streams) = mpsc::channel(ARRIVALS);
    let (queue, outbound) = channel::queue();
    let connection = async move {
        let (reader, writer) = tokio::io::split(io);
        let idle = Idle::new();
        tokio::select! {
            biased;
            ended = read(reader, queue, arrivals, &idle) => ended,
            ended = write(writer, outbound, &idle) => ended,
            () = idle.expired() => Ok(()),
        }
    };
    (connection, streams)
}

/// Takes what comes until the client leaves.
async fn read(
    reader: impl AsyncRead + Unpin,
    queue: mpsc::Sender<Outbound>,
    arrivals: mpsc::Sender<Arrival>,
    idle: &Idle,
) -> io::Result<()> {
    let mut reader = FrameReader::new(reader);
    let mut feeds: BTreeMap<u32, Feed> = BTreeMap::new();
    let mut newest = 0;
    let refuse = |id, code| Outbound::Refuse { id, code };
    while let Some(frame) = reader.next().await? {
        let answer = match frame {
            Frame::Open { stream, headers, last } => {
                idle.touch();
                if feeds.len() >= STREAMS_MAX {
                    feeds.retain(|_, feed| !feed.is_unread());
                }
                if stream % 2 == 0 || stream <= newest {
                    refuse(stream, ResetCode::Protocol)
                } else if feeds.len() >= STREAMS_MAX {
                    newest = stream;
                    refuse(stream, ResetCode::Refused)
                } else {
                    newest = stream;
                    let (channel, mut feed) = Channel::new(stream, queue.clone());
                    if last {
                        feed.end();
                    }
                    feeds.insert(stream, feed);
                    let _ = queue.send(Outbound::Accept { id: stream }).await;
                    let _ = arrivals.send(Arrival { headers, channel }).await;
                    continue;
                }
            }
            Frame::Data { stream, bytes, last } => {
                idle.touch();
                let Some(feed) = feeds.get_mut(&stream) else { continue };
                if feed.give(bytes).await {
                    if last {
                        // Kept: the client may yet reset it.
                        feed.end();
                    }
                    continue;
                }
                feed.abandon();
                feeds.remove(&stream);
                refuse(stream, ResetCode::Cancelled)
            }
            Frame::Reset { stream } => {
                if let Some(feed) = feeds.remove(&stream) {
                    feed.abandon();
                }
                continue;
            }
            Frame::Ping(id) if id % 2 == 1 => Outbound::Pong(id),
            Frame::Ping(_) | Frame::Other => continue,
        };
        let _ = queue.send(answer).await;
    }
    Ok(())
}

/// Sends what is queued until nobody can queue any more.
async fn write(
    mut writer: impl AsyncWrite + Unpin,
    mut outbound: mpsc::Receiver<Outbound>,
    idle: &Idle,
) -> io::Result<()> {
    let mut frames = FrameWriter::new();
    let mut out = BytesMut::new();
    while let Some(first) = outbound.recv().await {
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Outbound::Data { id, bytes } => {
                    idle.touch();
                    frame::data(id, &bytes, false, &mut out);
                }
                Outbound::End { id } => frame::data(id, &[], true, &mut out),
                Outbound::Accept { id } => frames.reply(id, &mut out),
                Outbound::Refuse { id, code } => frame::reset(id, code, &mut out),
                Outbound::Pong(id) => frame::ping(id, &mut out),
            }
            next = if out.len() < WRITE_BYTES { outbound.try_recv().ok() } else { None };
        }
        writer.write_all(&out).await?;
        writer.flush().await?;
        out.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
