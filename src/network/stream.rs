//! A connected stream socket and its two halves.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Error;
use crate::connection::{Connection, Side};

/// A byte slice is copied into chunks of at most this size, which a reader can take whole.
const COPIED_CHUNK: usize = 64 * 1024;

/// What a read found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadOutcome {
    /// These bytes.
    Data(Bytes),
    /// Nothing yet.
    Empty,
    /// The peer has finished, and everything was read.
    Eof,
    /// The connection broke, and everything before that was read.
    Reset,
}

/// Why nothing can be written any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// This side has shut down writing.
    Shutdown,
    /// The peer is gone.
    Reset,
}

impl From<Closed> for io::Error {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Shutdown => io::ErrorKind::BrokenPipe.into(),
            Closed::Reset => Error::Reset.into(),
        }
    }
}

/// A connected stream socket.
///
/// Dropping it closes it as a kernel would: the peer reads what was written and then the end, or a reset if this side
/// left bytes unread.
#[derive(Debug)]
pub struct Stream {
    reader: Reader,
    writer: Writer,
}

/// The reading half of a stream.
#[derive(Debug)]
pub struct Reader {
    connection: Arc<Connection>,
    side: Side,
}

/// The writing half of a stream.
#[derive(Debug)]
pub struct Writer {
    connection: Arc<Connection>,
    side: Side,
}

impl Stream {
    /// The socket at one side; made once per side.
    pub(crate) fn new(connection: &Arc<Connection>, side: Side) -> Self {
        Self {
            reader: Reader { connection: Arc::clone(connection), side },
            writer: Writer { connection: Arc::clone(connection), side },
        }
    }

    /// This side's address.
    pub fn local(&self) -> SocketAddr {
        self.reader.local()
    }

    /// The other side's address, as this side dialled or sees it.
    pub fn peer(&self) -> SocketAddr {
        self.reader.peer()
    }

    /// The halves, which can live in different tasks.
    pub fn into_split(self) -> (Reader, Writer) {
        (self.reader, self.writer)
    }

    /// The halves, to use without taking the stream apart.
    pub fn halves(&self) -> (&Reader, &Writer) {
        (&self.reader, &self.writer)
    }

    /// Breaks the connection: both sides see a reset.
    pub fn reset(self) {
        self.reader.connection.reset();
    }
}

impl Reader {
    /// This side's address.
    pub fn local(&self) -> SocketAddr {
        self.connection.local(self.side)
    }

    /// The other side's address.
    pub fn peer(&self) -> SocketAddr {
        self.connection.peer(self.side)
    }

    /// Takes the next bytes, up to `max` of them, without waiting.
    pub fn try_read(&self, max: usize) -> ReadOutcome {
        self.connection.incoming(self.side).read(max)
    }

    /// Copies the next bytes into `buffer` without waiting: their number, or why there are none.
    pub fn try_read_into(&self, buffer: &mut [u8]) -> Result<usize, ReadOutcome> {
        self.connection.incoming(self.side).read_into(buffer)
    }

    /// Ready when a read would give anything but [`ReadOutcome::Empty`].
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.connection.incoming(self.side).poll_readable(cx)
    }

    /// Waits until there is something to read, or the end.
    pub async fn readable(&self) {
        std::future::poll_fn(|cx| self.poll_readable(cx)).await;
    }

    /// Reads no more: what the peer sends from now on is thrown away.
    pub fn shutdown(&self) {
        self.connection.incoming(self.side).stop_reading();
    }
}

impl Writer {
    /// This side's address.
    pub fn local(&self) -> SocketAddr {
        self.connection.local(self.side)
    }

    /// The other side's address.
    pub fn peer(&self) -> SocketAddr {
        self.connection.peer(self.side)
    }

    /// How many bytes can be written now.
    pub fn permit(&self) -> Result<usize, Closed> {
        self.connection.outgoing(self.side).permit()
    }

    /// Writes as much of `chunk` as is permitted and returns the rest (empty for a chunk within the permit).
    pub fn try_write(&self, chunk: Bytes) -> Result<Bytes, Closed> {
        self.connection.outgoing(self.side).write(chunk)
    }

    /// Ready when [`Self::permit`] is an error or not zero; woken when half of the window is free.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.connection.outgoing(self.side).poll_writable(cx)
    }

    /// Waits until something can be written, or nothing any more.
    pub async fn writable(&self) {
        std::future::poll_fn(|cx| self.poll_writable(cx)).await;
    }

    /// Writes no more: the peer reads the end after what was written.
    pub fn shutdown(&self) {
        self.connection.outgoing(self.side).finish();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shutdown();
        self.connection.release_half(self.side);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shutdown();
        self.connection.release_half(self.side);
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match self.try_read_into(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(ReadOutcome::Reset) => return Poll::Ready(Err(Error::Reset.into())),
                Err(ReadOutcome::Empty) => ready!(self.poll_readable(cx)),
                Err(ReadOutcome::Eof | ReadOutcome::Data(_)) => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl AsyncWrite for Writer {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        loop {
            let count = self.permit()?.min(bytes.len()).min(COPIED_CHUNK);
            if count == 0 {
                ready!(self.poll_writable(cx));
                continue;
            }
            let rest = self.try_write(Bytes::copy_from_slice(&bytes[..count]))?;
            if rest.len() < count {
                return Poll::Ready(Ok(count - rest.len()));
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::shutdown(&self);
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_shutdown(cx)
    }
}
