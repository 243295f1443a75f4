//! One of several byte streams that share a connection, whatever the protocol.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use base::CancellationToken;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::spdy::ResetCode;

/// Data is passed on in pieces of at most this.
pub(crate) const PIECE_BYTES: usize = 32 << 10;
/// Pieces of one channel that wait for a slow container: 256 KiB. The protocols have no windows, so what does not
/// fit holds up every channel of the connection.
const INCOMING_PIECES: usize = 8;
/// Pieces of all channels of a connection that wait for a slow client: 512 KiB.
const OUTGOING_PIECES: usize = 16;
/// How long a channel may hold up the others before it is given up.
pub(super) const STALL_MAX: Duration = Duration::from_mins(1);
/// For a client to leave when everything has been said. Closing first could cost it what it has not read yet.
pub(super) const LEAVE_MAX: Duration = Duration::from_secs(10);
/// A connection on which nothing happens is closed after the time that Kubernetes' kubelet grants.
const IDLE_MAX: Duration = Duration::from_hours(4);

/// Both directions of a channel.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) incoming: Incoming,
    pub(crate) outgoing: Outgoing,
}

/// What the client sends on a channel.
#[derive(Debug)]
pub(crate) struct Incoming {
    pieces: mpsc::Receiver<Bytes>,
    abandoned: CancellationToken,
    /// Tells the feed that somebody reads.
    _reads: Arc<()>,
}

/// What the client receives on a channel.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    id: u32,
    queue: mpsc::Sender<Outbound>,
}

/// What is to be sent.
#[derive(Debug)]
pub(crate) enum Outbound {
    Data {
        id: u32,
        bytes: Bytes,
    },
    End {
        id: u32,
    },
    /// The protocol's own: the stream is accepted, or given up, or a ping to answer.
    Accept {
        id: u32,
    },
    Refuse {
        id: u32,
        code: ResetCode,
    },
    Pong(u32),
}

/// The connection's end of a channel.
#[derive(Debug)]
pub(super) struct Feed {
    /// None when the client sends no more; it may still give the channel up.
    pieces: Option<mpsc::Sender<Bytes>>,
    abandoned: CancellationToken,
    reader: Weak<()>,
}

/// The queue of what is to be sent on a connection.
pub(super) fn queue() -> (mpsc::Sender<Outbound>, mpsc::Receiver<Outbound>) {
    mpsc::channel(OUTGOING_PIECES)
}

impl Channel {
    /// A channel, and the end that the connection feeds.
    pub(super) fn new(id: u32, queue: mpsc::Sender<Outbound>) -> (Self, Feed) {
        let (sender, pieces) = mpsc::channel(INCOMING_PIECES);
        let abandoned = CancellationToken::new();
        let reads = Arc::new(());
        let reader = Arc::downgrade(&reads);
        let incoming = Incoming { pieces, abandoned: abandoned.clone(), _reads: reads };
        let channel = Self { incoming, outgoing: Outgoing { id, queue } };
        (channel, Feed { pieces: Some(sender), abandoned, reader })
    }

    /// Copies between the channel and a stream until the stream ends or the client gives the channel up. A client
    /// that sends no more may still receive.
    pub(crate) async fn splice(mut self, stream: impl AsyncRead + AsyncWrite) {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let abandoned = self.incoming.abandoned.clone();
        let up = async {
            while let Some(piece) = self.incoming.next().await {
                if writer.write_all(&piece).await.is_err() {
                    break;
                }
            }
            let _ = writer.shutdown().await;
            std::future::pending::<()>().await;
        };
        let outgoing = &self.outgoing;
        let down = async {
            let mut buffer = vec![0; PIECE_BYTES];
            while let Ok(count @ 1..) = reader.read(&mut buffer).await {
                if !outgoing.send(Bytes::copy_from_slice(&buffer[..count])).await {
                    break;
                }
            }
        };
        tokio::select! {
            biased;
            () = abandoned.cancelled() => {}
            () = down => {}
            () = up => {}
        }
        self.outgoing.end().await;
    }
}

impl Incoming {
    /// The next piece; `None` when the client sends no more.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        self.pieces.recv().await
    }
}

impl Outgoing {
    /// Sends a piece; false when nobody receives it.
    pub(crate) async fn send(&self, bytes: Bytes) -> bool {
        self.queue.send(Outbound::Data { id: self.id, bytes }).await.is_ok()
    }

    /// Gives the channel up because the client opened it with nonsense. Nobody waits for that: a client too busy to
    /// be told finds out when nothing comes.
    pub(crate) fn refuse(&self) {
        let refusal = Outbound::Refuse { id: self.id, code: ResetCode::Protocol };
        let _ = self.queue.try_send(refusal);
    }

    /// Says that no more comes.
    pub(crate) async fn end(&self) {
        let _ = self.queue.send(Outbound::End { id: self.id }).await;
    }
}

impl Feed {
    /// Hands a piece over, waiting for room; false when the channel held up the connection for too long. What
    /// nobody reads any more is dropped.
    pub(super) async fn give(&self, bytes: Bytes) -> bool {
        let Some(pieces) = self.pieces.as_ref().filter(|_| !bytes.is_empty()) else { return true };
        tokio::time::timeout(STALL_MAX, pieces.send(bytes)).await.is_ok()
    }

    /// The client sends no more, but may still receive.
    pub(super) fn end(&mut self) {
        self.pieces = None;
    }

    /// The client wants nothing more of this channel.
    pub(super) fn abandon(&self) {
        self.abandoned.cancel();
    }

    /// Whether nobody reads any more.
    pub(super) fn is_unread(&self) -> bool {
        self.reader.strong_count() == 0
    }
}

/// Notices when nothing happens.
#[derive(Debug)]
pub(super) struct Idle(Mutex<Instant>);

impl Idle {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// Something happened.
    pub(super) fn touch(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Ready when nothing has happened for too long.
    pub(super) async fn expired(&self) {
        loop {
            let deadline = *self.0.lock().unwrap_or_else(PoisonError::into_inner) + IDLE_MAX;
            if deadline <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }
}
