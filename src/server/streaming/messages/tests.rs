use std::time::Duration;

use base::CancellationToken;
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::io::DuplexStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Form, STOP_MAX, tell};
use crate::body::{Body, BoxBody, BoxError};

fn body(frames: &'static [&'static str]) -> Body {
    let frames = frames.iter().map(|frame| Ok::<_, BoxError>(Frame::data(Bytes::from(*frame))));
    Body::from(BoxBody::new(StreamBody::new(futures::stream::iter(frames))))
}

fn endless(frame: &'static str) -> Body {
    let frames = std::iter::repeat_with(move || Ok::<_, BoxError>(Frame::data(Bytes::from(frame))));
    Body::from(BoxBody::new(StreamBody::new(futures::stream::iter(frames))))
}

async fn client(io: DuplexStream) -> WebSocketStream<DuplexStream> {
    WebSocketStream::from_raw_socket(io, Role::Client, None).await
}

/// What a client hears to the end of the connection.
async fn heard(body: Body, form: Form) -> Vec<String> {
    heard_until(body, form, CancellationToken::new()).await
}

/// The same of a server that stops.
async fn heard_until(body: Body, form: Form, stop: CancellationToken) -> Vec<String> {
    let (server, io) = tokio::io::duplex(1 << 10);
    let listen = async {
        let mut socket = client(io).await;
        let mut heard = Vec::new();
        while let Some(Ok(message)) = socket.next().await {
            heard.push(match message {
                Message::Text(text) => format!("text {text}"),
                Message::Binary(bytes) => format!("bytes {}", String::from_utf8_lossy(&bytes)),
                Message::Close(frame) => format!("end {}", frame.expect("a reason").code),
                other => format!("{other:?}"),
            });
        }
        heard
    };
    tokio::join!(tell(server, body, form, stop), listen).1
}

#[tokio::test]
async fn each_event_is_a_text() {
    let events = body(&["{\"a\":1}\n{\"b\":2}\n", "{\"c\":3}\n"]);
    let heard = heard(events, Form::Lines).await;
    assert_eq!(heard, ["text {\"a\":1}\n", "text {\"b\":2}\n", "text {\"c\":3}\n", "end 1000"]);
}

#[tokio::test]
async fn a_long_event_is_still_one_text() {
    let event = format!("{{\"a\":\"{}\"}}\n", "é".repeat(40_000));
    let events = format!("{event}{{}}\n").leak();
    let heard = heard(body(&*vec![&*events].leak()), Form::Lines).await;
    assert!(heard == [format!("text {event}"), "text {}\n".to_owned(), "end 1000".to_owned()]);
}

#[tokio::test]
async fn a_log_is_bytes_after_an_empty_message() {
    let heard = heard(body(&["one\ntw", "o\n"]), Form::Binary).await;
    assert_eq!(heard, ["bytes ", "bytes one\ntw", "bytes o\n", "end 1000"]);
}

#[tokio::test]
async fn a_log_is_base64_for_whom_reads_text() {
    let heard = heard(body(&["one\n"]), Form::Base64).await;
    assert_eq!(heard, ["text ", "text b25lCg==", "end 1000"]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_is_left() {
    let (server, _io) = tokio::io::duplex(1 << 10);
    let told = tell(server, endless("an event\n"), Form::Lines, CancellationToken::new());
    tokio::time::timeout(Duration::from_mins(2), told).await.expect("it ends");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_take_leave_is_left() {
    let (server, _io) = tokio::io::duplex(1 << 10);
    let told = tell(server, body(&["the only event\n"]), Form::Lines, CancellationToken::new());
    tokio::time::timeout(Duration::from_mins(1), told).await.expect("it ends");
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_answer() {
    let (server, io) = tokio::io::duplex(1 << 10);
    let leave = async {
        let mut socket = client(io).await;
        socket.send(Message::Close(None)).await.expect("it is taken");
        while socket.next().await.is_some_and(|message| message.is_ok()) {}
    };
    tokio::join!(tell(server, endless("an event\n"), Form::Lines, CancellationToken::new()), leave);
}

#[tokio::test]
async fn a_client_that_says_much_is_left() {
    let (server, io) = tokio::io::duplex(1 << 10);
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let talk = async {
        let mut socket = client(io).await;
        let _ = socket.send(Message::text("a".repeat(8 << 10))).await;
        while socket.next().await.is_some_and(|message| message.is_ok()) {}
        drop(sender);
    };
    let quiet = StreamBody::new(futures::stream::once(async move {
        let _ = receiver.await;
        Ok::<_, BoxError>(Frame::data(Bytes::new()))
    }));
    tokio::join!(
        tell(server, Body::from(BoxBody::new(quiet)), Form::Lines, CancellationToken::new()),
        talk
    );
}

#[tokio::test]
async fn a_stop_ends_logs_with_a_farewell() {
    let quiet = StreamBody::new(futures::stream::pending::<Result<Frame<Bytes>, BoxError>>());
    let stop = CancellationToken::new();
    stop.cancel();
    let heard = heard_until(Body::from(BoxBody::new(quiet)), Form::Binary, stop).await;
    assert_eq!(heard, ["bytes ", "end 1001"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_no_client() {
    let (server, _io) = tokio::io::duplex(1 << 10);
    let stop = CancellationToken::new();
    let told = tell(server, endless("an event\n"), Form::Lines, stop.clone());
    stop.cancel();
    tokio::time::timeout(STOP_MAX * 2, told).await.expect("it ends");
}
