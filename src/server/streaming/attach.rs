//! `attach` and `exec`: the standard streams of a container, and how it ended.
//!
//! The client has a channel for each stream and one for the end, which is a `Status` (before `v4`, a text). The node
//! has one stream, of frames: a channel's number, a length, bytes.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use machinery::ApiError;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;

use super::channel::{Channel, Incoming, LEAVE_MAX, Outgoing};
use super::spdy::{self, Arrival};
use super::target::PodTarget;
use super::websocket::{self, Codec};
use crate::nodes::NodeStream;
use crate::query::{self, Query};

/// The protocols over WebSocket, the oldest first: it is what a client means that names none.
pub(super) const OVER_WEBSOCKET: &[&str] = &[
    "channel.k8s.io",
    "base64.channel.k8s.io",
    "v4.channel.k8s.io",
    "v4.base64.channel.k8s.io",
    V5,
];
/// The protocols over SPDY.
pub(super) const OVER_SPDY: &[&str] =
    &["v4.channel.k8s.io", V5, "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];
/// Knows how to say that a stream has ended, which SPDY always does.
pub(super) const V5: &str = "v5.channel.k8s.io";

/// For the client to open the streams it asked for, as in Kubernetes.
const STREAMS_TIME_MAX: Duration = Duration::from_secs(30);
/// A frame from the node; the kubelet sends far shorter ones.
const FRAME_BYTES_MAX: usize = 1 << 20;

/// Channels, as clients and nodes number them.
const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
/// With the one for the size of the window.
const CHANNELS: u8 = 5;

/// What is wanted of a container.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) pod: PodTarget,
    /// The path at the node's endpoint.
    path: String,
    stdin: bool,
    stdout: bool,
    stderr: bool,
}

/// The client's channels.
struct Ends {
    stdin: Option<Incoming>,
    stdout: Option<Outgoing>,
    stderr: Option<Outgoing>,
    error: Outgoing,
}

/// How the end is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndForm {
    Status,
    Text,
}

impl EndForm {
    pub(super) fn of(protocol: &str) -> Self {
        if protocol.starts_with("v4.") || protocol == V5 { Self::Status } else { Self::Text }
    }
}

impl Ends {
    /// The first channel on which something may be said.
    fn first(&self) -> &Outgoing {
        self.stdout.as_ref().or(self.stderr.as_ref()).unwrap_or(&self.error)
    }
}

impl Session {
    /// Reads what a client asks for; `verb` is `attach` or `exec`.
    pub(super) fn read(
        verb: &str,
        pod: PodTarget,
        container: &str,
        query: &Query<'_>,
    ) -> Result<Self, ApiError> {
        let [stdin, stdout, stderr, tty] =
            ["stdin", "stdout", "stderr", "tty"].map(|name| query.flag(name));
        if !(stdin || stdout || stderr) {
            return Err(ApiError::bad_request(
                "you must specify at least 1 of stdin, stdout, stderr",
            ));
        }
        if tty && stderr {
            return Err(ApiError::bad_request("tty and stderr cannot both be true"));
        }
        let mut path = format!("/{verb}/{}/{}/{container}?", pod.namespace, pod.name);
        for (name, wanted) in
            [("stdin", stdin), ("stdout", stdout), ("stderr", stderr), ("tty", tty)]
        {
            if wanted {
                path.push_str(name);
                path.push_str("=true&");
            }
        }
        for word in query.all("command") {
            path.push_str("command=");
            path.push_str(&query::encode(word));
            path.push('&');
        }
        path.pop();
        Ok(Self { pod, path, stdin, stdout, stderr })
    }

    /// Serves a client with numbered channels.
    pub(super) async fn over_channels<IO>(
        self,
        socket: WebSocketStream<IO>,
        codec: Codec,
        form: EndForm,
    ) where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (connection, channels) = websocket::channels(socket, CHANNELS, codec);
        let Some(ends) = self.ends(channels) else { return };
        let session = async {
            // By an empty message, clients know that they are connected.
            ends.first().send(Bytes::new()).await;
            self.run(ends, form).await;
        };
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            biased;
            _ = &mut connection => return,
            () = session => {}
        }
        // Nobody holds a channel any more: what is queued is sent, then the connection is closed.
        let _ = connection.await;
    }

    /// The channels that are wanted; the others are dropped.
    fn ends(&self, channels: Vec<Channel>) -> Option<Ends> {
        let mut channels = channels.into_iter();
        Some(Ends {
            stdin: channels.next().filter(|_| self.stdin).map(|channel| channel.incoming),
            stdout: channels.next().filter(|_| self.stdout).map(|channel| channel.outgoing),
            stderr: channels.next().filter(|_| self.stderr).map(|channel| channel.outgoing),
            error: channels.next()?.outgoing,
        })
    }

    /// Serves a client that opens a stream for each channel.
    pub(super) async fn over_spdy<IO>(self, io: IO, form: EndForm)
    where
        IO: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (connection, mut arrivals) = spdy::serve(io);
        let session = async {
            let gathered = tokio::time::timeout(STREAMS_TIME_MAX, async {
                let (mut stdin, mut stdout, mut stderr, mut error) = (None, None, None, None);
                loop {
                    let complete = error.is_some()
                        && stdin.is_some() == self.stdin
                        && stdout.is_some() == self.stdout
                        && stderr.is_some() == self.stderr;
                    if complete {
                        return Some(Ends { stdin, stdout, stderr, error: error? });
                    }
                    let Arrival { headers, channel } = arrivals.recv().await?;
                    match headers.get("streamtype").map_or("", String::as_str) {
                        "stdin" if self.stdin => stdin = Some(channel.incoming),
                        "stdout" if self.stdout => stdout = Some(channel.outgoing),
                        "stderr" if self.stderr => stderr = Some(channel.outgoing),
                        "error" => error = Some(channel.outgoing),
                        // The size of the window, which no container here has.
                        "resize" => {}
                        _ => channel.outgoing.refuse(),
                    }
                }
            });
            let Ok(Some(ends)) = gathered.await else { return };
            // Further streams are accepted, and nobody reads them.
            let rest = async { while arrivals.recv().await.is_some() {} };
            tokio::select! {
                biased;
                () = self.run(ends, form) => {}
                () = async { rest.await; std::future::pending().await } => {}
            }
        };
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            biased;
            _ = &mut connection => return,
            () = session => {}
        }
        let _ = tokio::time::timeout(LEAVE_MAX, connection).await;
    }

    /// From the node's answer to the end of the streams.
    async fn run(&self, mut ends: Ends, form: EndForm) {
        let outcome = match self.pod.open(&self.path).await {
            Ok(stream) => relay(stream, &mut ends).await,
            Err(failure) => Some(failure.to_status().to_string().into()),
        };
        for output in [&ends.stdout, &ends.stderr].into_iter().flatten() {
            output.end().await;
        }
        let told = match (form, outcome) {
            (EndForm::Status, Some(status)) => status,
            (EndForm::Status, None) => {
                json!({"metadata": {}, "status": "Success"}).to_string().into()
            }
            (EndForm::Text, Some(status)) => message(&status),
            (EndForm::Text, None) => Bytes::new(),
        };
        if !told.is_empty() {
            ends.error.send(told).await;
        }
        ends.error.end().await;
    }
}

/// The message of a `Status`.
fn message(status: &[u8]) -> Bytes {
    let status: serde_json::Value = serde_json::from_slice(status).unwrap_or_default();
    let failed = status["status"] != "Success";
    let text = if failed { status["message"].as_str().unwrap_or_default() } else { "" };
    Bytes::copy_from_slice(text.as_bytes())
}

/// Passes frames between node and client until the node has no more. Gives the `Status` that the node ended with.
async fn relay(stream: NodeStream, ends: &mut Ends) -> Option<Bytes> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let Ends { stdin, stdout, stderr, .. } = ends;
    let up = async {
        while let Some(stdin) = stdin {
            let piece = stdin.next().await.unwrap_or_default();
            let end = piece.is_empty();
            if writer.write_all(&frame(STDIN, &piece)).await.is_err() || end {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let down = async {
        let mut status = None;
        while let Ok(Some((channel, bytes))) = read(&mut reader).await {
            let output = match channel {
                STDOUT => stdout.as_ref(),
                STDERR => stderr.as_ref(),
                ERROR => {
                    status = Some(bytes);
                    continue;
                }
                _ => continue,
            };
            if let Some(output) = output {
                output.send(bytes).await;
            }
        }
        status
    };
    tokio::select! {
        biased;
        status = down => status,
        () = up => None,
    }
}

/// The next frame; `None` at the end.
async fn read(reader: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<(u8, Bytes)>> {
    let mut channel = [0];
    if reader.read(&mut channel).await? == 0 {
        return Ok(None);
    }
    let length = usize::try_from(reader.read_u32().await?).unwrap_or(usize::MAX);
    if length > FRAME_BYTES_MAX {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).await?;
    Ok(Some((channel[0], bytes.into())))
}

fn frame(channel: u8, bytes: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(bytes.len() + 5);
    frame.put_u8(channel);
    frame.put_u32(u32::try_from(bytes.len()).expect("pieces are short"));
    frame.put_slice(bytes);
    frame.freeze()
}
