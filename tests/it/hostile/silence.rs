//! Connections on which too little is said: no handshake, half a head, a head without an end.

use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::siege::Siege;
use crate::support::raw::JSON;

/// Connections of each sort.
const COUNT: usize = 100;
/// What a connection may cost that says nothing: its buffers, and rustls' own.
const CONNECTION_BYTES_MAX: usize = 128 << 10;

#[tokio::test]
async fn connections_that_say_too_little_hold_up_nobody() {
    let siege = Siege::new().await;
    let attacker = &siege.attacker;
    let attack = async {
        let (mut silent, mut slow) = (Vec::new(), Vec::new());
        for number in 0..COUNT {
            let mut stream = attacker.tcp().await;
            // The start of a handshake that says it will be long.
            stream.write_all(&[0x16, 3, 1, 0x40, 0, 1]).await.expect("it is taken");
            silent.push(stream);
            let protocol = if number % 2 == 0 { "http/1.1" } else { "h2" };
            let mut stream = attacker.tls(protocol).await;
            let start = if number % 2 == 0 {
                "GET /api/v1/pods HTTP/1.1\r\nhost: localhost\r\nx-a: "
            } else {
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            };
            stream.write_all(start.as_bytes()).await.expect("it is taken");
            slow.push(stream);
        }
        (silent, slow)
    };
    let _open = siege.endures(attack).await;
    siege.took_less_than(2 * COUNT * CONNECTION_BYTES_MAX);
}

#[tokio::test]
async fn a_head_without_an_end_is_too_large() {
    let siege = Siege::new().await;
    let attacker = &siege.attacker;
    let attack = async {
        let mut stream = attacker.tls("http/1.1").await;
        let mut answer = Vec::new();
        let (mut reader, mut writer) = tokio::io::split(&mut stream);
        let line = format!("x-a: {}\r\n", "a".repeat(16 << 10));
        let write = async {
            writer.write_all(b"GET /api HTTP/1.1\r\nhost: localhost\r\n").await?;
            loop {
                writer.write_all(line.as_bytes()).await?;
            }
        };
        let ended: Result<(), std::io::Error> = tokio::select! {
            ended = write => ended,
            read = reader.read_to_end(&mut answer) => read.map(|_| ()),
        };
        // Whether the answer arrives before the connection breaks is a race that the client has made.
        let said = String::from_utf8_lossy(&answer).into_owned();
        assert!(ended.is_err() || said.starts_with("HTTP/1.1 431"), "{ended:?} {said}");
        // Many small headers are as bad as a large one.
        let path = attacker.path("configmaps");
        for count in [99, 5_000] {
            let mut request = attacker.request(Method::GET, &path).header("accept", JSON.accepts);
            for number in 0..count {
                request = request.header(format!("x-{number}"), "a".repeat(16));
            }
            let request = request.body(super::bodies::nothing()).expect("a request");
            let answered = attacker.http2().await.send_request(request).await;
            let code = answered.map(|answer| answer.status().as_u16());
            let wanted = if count < 100 { 200 } else { 431 };
            assert!(code.as_ref().is_ok_and(|code| *code == wanted) || wanted == 431, "{code:?}");
        }
    };
    siege.endures(attack).await;
    siege.took_less_than(16 << 20);
}
