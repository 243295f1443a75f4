//! What the scripts of a dashboard ask for over WebSocket.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::{SinkExt as _, StreamExt as _};
use http::{Method, Uri};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{BATCH, ECHO};
use crate::hostile::tenant::Tenant;
use crate::support::cluster::Cluster;
use crate::support::raw::JSON;

type Socket = WebSocketStream<TlsStream<TcpStream>>;

/// Opens a WebSocket as a browser does, which cannot send a header with the token.
async fn open(tenant: &Tenant, path: &str, protocols: &[&str]) -> Result<(Socket, String), Error> {
    let uri: Uri = format!("wss://localhost{path}").parse().expect("a path");
    let mut request = ClientRequestBuilder::new(uri);
    let token = tenant.authorization().replace("Bearer ", "");
    let token = format!("base64url.bearer.authorization.k8s.io.{}", URL_SAFE_NO_PAD.encode(token));
    for protocol in [&[token.as_str()], protocols].concat() {
        request = request.with_sub_protocol(protocol);
    }
    let (socket, answer) = client_async(request, tenant.tls("http/1.1").await).await?;
    let chosen = answer.headers().get("sec-websocket-protocol");
    let chosen = chosen.and_then(|chosen| chosen.to_str().ok()).unwrap_or_default().to_owned();
    Ok((socket, chosen))
}

async fn opened(tenant: &Tenant, path: &str, protocol: &str) -> Socket {
    let (socket, chosen) = open(tenant, path, &[protocol]).await.expect("it is opened");
    assert_eq!(chosen, protocol);
    socket
}

/// The next text.
async fn text(socket: &mut Socket) -> String {
    let message = socket.next().await.expect("it goes on").expect("it is whole");
    message.into_text().expect("a text").to_string()
}

/// The next event.
async fn event(socket: &mut Socket) -> (String, String) {
    let event: Value = serde_json::from_str(&text(socket).await).expect("JSON");
    let field = |value: &Value| value.as_str().expect("a text").to_owned();
    (field(&event["type"]), field(&event["object"]["metadata"]["name"]))
}

/// Everything up to the farewell.
async fn rest(mut socket: Socket) -> Vec<Message> {
    let mut messages = Vec::new();
    while let Some(message) = socket.next().await {
        match message.expect("it is whole") {
            Message::Close(frame) => {
                assert_eq!(u16::from(frame.expect("a reason").code), 1000);
                return messages;
            }
            message => messages.push(message),
        }
    }
    panic!("the server left without a word: {messages:?}");
}

/// The bytes that a channel carried, in base64.
fn channel(messages: &[Message], number: char) -> String {
    let texts = messages.iter().map(|message| message.to_text().expect("a text"));
    let pieces = texts.filter_map(|text| text.strip_prefix(number));
    let bytes: Vec<u8> = pieces.flat_map(|piece| STANDARD.decode(piece).expect("base64")).collect();
    String::from_utf8(bytes).expect("text")
}

async fn tenant(name: &str) -> Tenant {
    Tenant::new(Cluster::shared().await, name).await
}

#[tokio::test]
async fn each_event_of_a_watch_is_a_message() {
    let tenant = tenant("ws-watch").await;
    let maps = tenant.path("configmaps");
    let watch = format!("{maps}?watch=true&labelSelector=told&timeoutSeconds=600");
    let mut socket = opened(&tenant, &watch, "base64.binary.k8s.io").await;
    for name in ["one", "two"] {
        let map = json!({"metadata": {"name": name, "labels": {"told": ""}}}).to_string();
        assert_eq!(tenant.ask(Method::POST, &maps, JSON, map).await.code, 201);
        assert_eq!(event(&mut socket).await, ("ADDED".to_owned(), name.to_owned()));
    }
    // What is there comes first, and a ping is answered.
    let mut socket = opened(&tenant, &watch, "v1.k8s.io").await;
    assert_eq!(event(&mut socket).await.1, "one");
    assert_eq!(event(&mut socket).await.1, "two");
    socket.send(Message::Ping("there?".into())).await.expect("it is taken");
    let pong = socket.next().await.expect("it goes on").expect("it is whole");
    assert_eq!(pong, Message::Pong("there?".into()));
    socket.close(None).await.expect("it is taken");
    while let Some(message) = socket.next().await {
        message.expect("both take leave");
    }
}

#[tokio::test]
async fn a_watch_ends_in_order_when_its_time_is_over() {
    let tenant = tenant("ws-ended").await;
    let watch = format!("{}?watch=true&timeoutSeconds=1", tenant.path("secrets"));
    let socket = opened(&tenant, &watch, "binary.k8s.io").await;
    assert_eq!(rest(socket).await, []);
}

#[tokio::test]
async fn a_watch_over_websocket_asks_the_same_permission() {
    let tenant = tenant("ws-refused").await;
    let refused = open(&tenant, "/api/v1/nodes?watch=true", &["binary.k8s.io"]).await;
    let Err(Error::Http(answer)) = refused else { panic!("{refused:?}") };
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn a_log_is_told_in_bytes_or_in_base64() {
    let tenant = tenant("ws-log").await;
    tenant.space.apply(ECHO).await;
    tenant.space.running("echo").await;
    tenant.space.said("echo", "listening").await;
    let log = format!("{}/echo/log", tenant.path("pods"));
    let bytes = rest(opened(&tenant, &log, "binary.k8s.io").await).await;
    let bytes: Vec<u8> = bytes.into_iter().flat_map(Message::into_data).collect();
    let coded = rest(opened(&tenant, &log, "base64.binary.k8s.io").await).await;
    let coded = coded.iter().map(|message| message.to_text().expect("a text"));
    let decoded: Vec<u8> = coded.flat_map(|text| STANDARD.decode(text).expect("base64")).collect();
    assert!(String::from_utf8_lossy(&bytes).contains("listening"), "{bytes:?}");
    assert_eq!(bytes, decoded);
    let refused = open(&tenant, &log, &["chat"]).await;
    assert!(matches!(&refused, Err(Error::Http(answer)) if answer.status() == 400), "{refused:?}");
}

#[tokio::test]
async fn standard_streams_come_in_base64() {
    let tenant = tenant("ws-attach").await;
    // Long enough for both to attach, however busy the machine is.
    tenant.space.apply(&BATCH.replace("'300'", "'200'")).await;
    tenant.space.running("batch").await;
    let attach = format!("{}/batch/attach?stdout=true&stderr=true", tenant.path("pods"));
    let new = opened(&tenant, &attach, "v4.base64.channel.k8s.io").await;
    let old = opened(&tenant, &attach, "base64.channel.k8s.io").await;
    let (new, old) = tokio::join!(rest(new), rest(old));
    // By an empty message, clients know that they are connected.
    assert_eq!((&new[0], &old[0]), (&Message::text("1"), &Message::text("1")));
    assert!(channel(&new, '1').contains("done, exit code 0"), "{new:?}");
    assert!(channel(&new, '3').contains(r#""status":"Success""#), "{new:?}");
    // Before the fourth version, nothing is said of an end without failure.
    assert_eq!(channel(&old, '3'), "", "{old:?}");
}

#[tokio::test]
async fn a_port_is_forwarded_in_base64() {
    let tenant = tenant("ws-forward").await;
    tenant.space.apply(ECHO).await;
    tenant.space.running("echo").await;
    tenant.space.said("echo", "listening").await;
    let forward = format!("{}/echo/portforward?ports=7", tenant.path("pods"));
    let mut socket = opened(&tenant, &forward, "v4.base64.channel.k8s.io").await;
    let port = STANDARD.encode([7, 0]);
    assert_eq!(text(&mut socket).await, format!("0{port}"));
    assert_eq!(text(&mut socket).await, format!("1{port}"));
    let hello = format!("0{}", STANDARD.encode("hello"));
    socket.send(Message::text(hello.as_str())).await.expect("it is taken");
    assert_eq!(text(&mut socket).await, hello);
}
