//! WebSocket (RFC 6455) as Kubernetes' clients use it: as a pipe for another protocol, or with a channel's number in
//! front of each message.

mod codec;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::channel::{self, Channel, Feed, Idle, LEAVE_MAX, Outbound, PIECE_BYTES};
pub(crate) use codec::Codec;
use codec::Said;

/// A message; the Python client sends up to 1 MiB at once.
const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// The connection after the handshake.
pub(crate) async fn accept<IO>(io: IO) -> WebSocketStream<IO>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await
}

/// Shares a connection among `count` channels: the future is the connection. It ends when the client leaves, or
/// when whoever holds the channels has dropped them all.
pub(crate) fn channels<IO>(
    socket: WebSocketStream<IO>,
    count: u8,
    codec: Codec,
) -> (impl Future<Output = io::Result<()>> + Send, Vec<Channel>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (queue, outbound) = channel::queue();
    let opened = (0..count).map(|id| Channel::new(u32::from(id), queue.clone()));
    let (channels, feeds): (Vec<_>, Vec<_>) = opened.unzip();
    let connection = async move {
        let (sink, stream) = socket.split();
        let idle = Idle::new();
        let mut reading = std::pin::pin!(read(stream, feeds, codec, &idle));
        tokio::select! {
            biased;
            ended = write(sink, outbound, codec, &idle) => ended?,
            ended = &mut reading => return ended,
            () = idle.expired() => return Ok(()),
        }
        tokio::time::timeout(LEAVE_MAX, reading).await.unwrap_or(Ok(()))
    };
    (connection, channels)
}

async fn read<IO>(
    mut stream: SplitStream<WebSocketStream<IO>>,
    feeds: Vec<Feed>,
    codec: Codec,
    idle: &Idle,
) -> io::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut feeds: Vec<Option<Feed>> = feeds.into_iter().map(Some).collect();
    while let Some(message) = stream.next().await {
        let bytes = match message.map_err(io::Error::other)? {
            Message::Binary(bytes) => bytes,
            Message::Text(text) => text.into(),
            Message::Close(_) => break,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        idle.touch();
        let (id, mut bytes) = match codec.read(bytes)? {
            Said::Data { id, bytes } => (id, bytes),
            Said::End { id } => {
                if let Some(feed) = feeds.get_mut(usize::from(id)) {
                    *feed = None;
                }
                continue;
            }
            Said::Nothing => continue,
        };
        let Some(slot) = feeds.get_mut(usize::from(id)) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "there is no such channel"));
        };
        let Some(feed) = slot else { continue };
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(PIECE_BYTES));
            if !feed.give(piece).await {
                // Nothing can be said about one channel alone.
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }
    Ok(())
}

async fn write<IO>(
    mut sink: SplitSink<WebSocketStream<IO>, Message>,
    mut outbound: mpsc::Receiver<Outbound>,
    codec: Codec,
    idle: &Idle,
) -> io::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(first) = outbound.recv().await {
        let mut next = Some(first);
        while let Some(message) = next {
            if let Outbound::Data { id, bytes } = message {
                idle.touch();
                let id = u8::try_from(id).expect("there are at most 256 channels");
                sink.feed(codec.write(id, &bytes)).await.map_err(io::Error::other)?;
            }
            next = outbound.try_recv().ok();
        }
        sink.flush().await.map_err(io::Error::other)?;
    }
    // Clients take any other code, and none, for a failure.
    sink.send(end(CloseCode::Normal)).await.map_err(io::Error::other)
}

/// Says that nothing follows; normally everything has been said.
pub(super) fn end(code: CloseCode) -> Message {
    Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::default() }))
}

/// A WebSocket as a pipe: the bytes of its binary messages, one after the other.
#[derive(Debug)]
pub(crate) struct Tunnel<IO> {
    socket: WebSocketStream<IO>,
    rest: Bytes,
}

impl<IO> Tunnel<IO> {
    pub(crate) fn new(socket: WebSocketStream<IO>) -> Self {
        Self { socket, rest: Bytes::new() }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for Tunnel<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_next(context)) {
                Some(Ok(Message::Binary(bytes))) => self.rest = bytes,
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                Some(Ok(Message::Text(_))) => {
                    let why = "text where SPDY's bytes should be";
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
            }
        }
        let count = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Tunnel<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(context)).map_err(io::Error::other)?;
        let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
        let message = Message::Binary(Bytes::copy_from_slice(piece));
        let sent = Pin::new(&mut self.socket).start_send(message);
        Poll::Ready(sent.map(|()| piece.len()).map_err(io::Error::other))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context).map_err(io::Error::other)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(context).map_err(io::Error::other)
    }
}
