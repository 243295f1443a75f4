//! Answers that last, in WebSocket messages: the events of a watch, the log of a container.
//!
//! A browser's scripts cannot read them otherwise. What such an answer holds, and its end, are those of the same
//! answer without a WebSocket; a client that takes nothing in time is left. Each takes a place among the streams: when
//! it begins, its connection is no longer counted as one.

use std::io;
use std::time::Duration;

use base::CancellationToken;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use http::request::Parts;
use http_body_util::BodyExt as _;
use machinery::ApiError;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::Streaming;
use super::channel::{LEAVE_MAX, PIECE_BYTES, STALL_MAX};
use super::handshake::{Carrier, Handshake};
use super::websocket::end;
use crate::body::Body;
use crate::respond::Answer;

/// The protocols of logs, of which a client that names none means the first.
const OF_LOGS: &[&str] = &["binary.k8s.io", BASE64];
const BASE64: &str = "base64.binary.k8s.io";

/// Clients have nothing to say here but pings and farewells.
const HEARD_BYTES_MAX: usize = 4 << 10;
/// What is read at a time: there are as many of these connections as there are watches.
const READ_BYTES: usize = 4 << 10;
/// For what is left to say and the farewell, once the server is to stop.
const STOP_MAX: Duration = Duration::from_secs(1);
/// What is written at a time, about a record of TLS.
const WRITE_BYTES: usize = 16 << 10;

/// How a body becomes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Each line is a text.
    Lines,
    /// Bytes as they come.
    Binary,
    /// The same, as texts in base64.
    Base64,
}

impl Streaming {
    /// The answer to a watch, each of its events a message if that is asked for.
    pub(crate) fn watch(
        &self,
        user: &str,
        parts: &Parts,
        answer: Answer,
    ) -> Result<Answer, ApiError> {
        let Some(handshake) = Handshake::asked(parts)? else { return Ok(answer) };
        // Whatever is offered means the same.
        let protocol = handshake.first();
        self.tell(user, handshake, &protocol, answer, Form::Lines)
    }

    /// The answer to a question for a log, in messages if that is asked for.
    pub(crate) fn log(
        &self,
        user: &str,
        parts: &Parts,
        answer: Answer,
    ) -> Result<Answer, ApiError> {
        let Some(handshake) = Handshake::asked(parts)? else { return Ok(answer) };
        let protocol = handshake.choose(OF_LOGS)?;
        let form = if protocol == BASE64 { Form::Base64 } else { Form::Binary };
        self.tell(user, handshake, protocol, answer, form)
    }

    fn tell(
        &self,
        user: &str,
        handshake: Handshake,
        protocol: &str,
        answer: Answer,
        form: Form,
    ) -> Result<Answer, ApiError> {
        if handshake.carrier != Carrier::WebSocket {
            return Err(ApiError::bad_request("Upgrade request required"));
        }
        let share = self.share(user)?;
        let body = answer.into_body();
        Ok(self.switch_to(share, handshake, protocol, move |io, stop| tell(io, body, form, stop)))
    }
}

/// From the first message to the end of the connection, which comes soon after the server is to stop.
async fn tell<IO>(io: IO, body: Body, form: Form, stop: CancellationToken)
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES)
        .max_message_size(Some(HEARD_BYTES_MAX))
        .max_frame_size(Some(HEARD_BYTES_MAX));
    let told = async {
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        let (mut sink, mut stream) = socket.split();
        converse(&mut sink, &mut stream, body, form, &stop).await;
        if let Ok(mut socket) = sink.reunite(stream) {
            let _ = tokio::time::timeout(LEAVE_MAX, socket.get_mut().shutdown()).await;
        }
    };
    let stopped = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_MAX).await;
    };
    tokio::select! {
        biased;
        () = stopped => {}
        () = told => {}
    }
}

/// Until both have taken leave, or one of them is gone.
async fn converse<IO>(
    sink: &mut SplitSink<WebSocketStream<IO>, Message>,
    stream: &mut SplitStream<WebSocketStream<IO>>,
    body: Body,
    form: Form,
    stop: &CancellationToken,
) where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut leaving = std::pin::pin!(hear(stream));
    tokio::select! {
        biased;
        () = &mut leaving => return,
        told = say(sink, body, form, stop) => if told.is_err() { return },
    }
    let _ = tokio::time::timeout(LEAVE_MAX, leaving).await;
}

/// Listens until the client leaves; what it says is of no interest, but pings are answered on the way.
async fn hear<IO>(stream: &mut SplitStream<WebSocketStream<IO>>)
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = stream.next().await {
        if message.is_close() {
            // To go on listening is what says farewell.
            let _ = tokio::time::timeout(LEAVE_MAX, stream.next()).await;
            return;
        }
    }
}

async fn say<IO>(
    sink: &mut SplitSink<WebSocketStream<IO>, Message>,
    mut body: Body,
    form: Form,
    stop: &CancellationToken,
) -> io::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    if form != Form::Lines {
        // By an empty message, clients know that they are connected.
        send(sink, vec![form.message(Bytes::new())?]).await?;
    }
    loop {
        let next = match form {
            // The cache ends watches when the server stops.
            Form::Lines => Some(body.frame().await),
            Form::Binary | Form::Base64 => stop.run_until_cancelled(body.frame()).await,
        };
        let Some(next) = next else { return send(sink, vec![end(CloseCode::Away)]).await };
        let Some(frame) = next else { return send(sink, vec![end(CloseCode::Normal)]).await };
        let Ok(bytes) = frame.map_err(io::Error::other)?.into_data() else { continue };
        send(sink, form.messages(bytes)?).await?;
    }
}

/// Sends messages together; each frame has the time that a channel has for a piece.
async fn send<IO>(
    sink: &mut SplitSink<WebSocketStream<IO>, Message>,
    messages: Vec<Message>,
) -> io::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    for message in messages {
        tokio::time::timeout(STALL_MAX, sink.feed(message)).await?.map_err(io::Error::other)?;
    }
    tokio::time::timeout(STALL_MAX, sink.flush()).await?.map_err(io::Error::other)
}

impl Form {
    fn messages(self, mut bytes: Bytes) -> io::Result<Vec<Message>> {
        let mut messages = Vec::new();
        while !bytes.is_empty() {
            let length = match self {
                Self::Lines => {
                    bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1)
                }
                Self::Binary | Self::Base64 => bytes.len().min(PIECE_BYTES),
            };
            messages.extend(in_frames(self.message(bytes.split_to(length))?));
        }
        Ok(messages)
    }

    fn message(self, bytes: Bytes) -> io::Result<Message> {
        Ok(match self {
            Self::Lines => Message::Text(Utf8Bytes::try_from(bytes).map_err(io::Error::other)?),
            Self::Binary => Message::Binary(bytes),
            Self::Base64 => Message::text(STANDARD.encode(bytes)),
        })
    }
}

/// A long message in frames, which are copied one by one when there is room for them: a client that reads nothing
/// costs no more than a short message.
fn in_frames(message: Message) -> Vec<Message> {
    let (kind, mut bytes) = match message {
        Message::Text(text) if text.len() > WRITE_BYTES => (Data::Text, Bytes::from(text)),
        other => return vec![other],
    };
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let kind = if frames.is_empty() { kind } else { Data::Continue };
        let piece = bytes.split_to(bytes.len().min(WRITE_BYTES));
        let frame = Frame::message(piece, OpCode::Data(kind), bytes.is_empty());
        frames.push(Message::Frame(frame));
    }
    frames
}

#[cfg(test)]
mod tests;
