//! HTTP/2 as no library speaks it: frame by frame, written by hand (RFC 9113, RFC 7541).

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::siege::Siege;
use super::tenant::Tenant;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// What a server says to a peer that keeps it busy for nothing.
const ENHANCE_YOUR_CALM: u32 = 11;
/// What it says of a stream beyond those that it has agreed to.
const REFUSED_STREAM: u32 = 7;

/// Nothing here may cost more than some buffers and a thousand requests that wait for their bodies.
const BYTES_MAX: usize = 64 << 20;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is short").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A header block in which nothing is compressed. 3 is `POST` in the table of RFC 7541, 2 is `GET`.
fn head(attacker: &Tenant, method: u8) -> Vec<u8> {
    let mut block = vec![0x80 | method, 0x87];
    for (name, value) in [(1, "localhost"), (4, &attacker.path("configmaps")[..])] {
        block.push(name);
        write_text(value, &mut block);
    }
    block.extend([0x0f, 23 - 15]);
    write_text(&attacker.authorization(), &mut block);
    block
}

fn write_text(text: &str, block: &mut Vec<u8>) {
    let mut length = text.len();
    if length < 127 {
        block.push(length.try_into().expect("it is short"));
    } else {
        block.push(127);
        length -= 127;
        while length >= 128 {
            block.push((length % 128 + 128).try_into().expect("it is a byte"));
            length /= 128;
        }
        block.push(length.try_into().expect("it is a byte"));
    }
    block.extend(text.as_bytes());
}

async fn open(attacker: &Tenant) -> TlsStream<TcpStream> {
    let mut stream = attacker.tls("h2").await;
    stream.write_all(PREFACE).await.expect("it is taken");
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.expect("it is taken");
    stream
}

/// Sends these bytes and reads until the server has said so many frames of a kind; what the last ones said at the end.
async fn said(stream: TlsStream<TcpStream>, sent: Vec<u8>, kind: u8, count: usize) -> Vec<u32> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let write = async {
        let _ = writer.write_all(&sent).await;
        std::future::pending::<()>().await;
    };
    let read = async {
        let mut found = Vec::new();
        while found.len() < count {
            let mut start = [0; 9];
            if reader.read_exact(&mut start).await.is_err() {
                break;
            }
            let length = u32::from_be_bytes([0, start[0], start[1], start[2]]);
            let mut payload = vec![0; usize::try_from(length).expect("a frame is short")];
            if reader.read_exact(&mut payload).await.is_err() {
                break;
            }
            if start[3] == kind {
                let code = if kind == GOAWAY { &payload[4..8] } else { &payload[..4] };
                found.push(u32::from_be_bytes(code.try_into().expect("four bytes")));
            }
        }
        found
    };
    let read = tokio::time::timeout(Duration::from_mins(1), read);
    tokio::select! {
        biased;
        found = read => found.expect("the server says so"),
        () = write => unreachable!("it waits"),
    }
}

#[tokio::test]
async fn who_keeps_the_server_busy_for_nothing_is_sent_away() {
    let siege = Siege::new().await;
    let attacker = &siege.attacker;
    let get = head(attacker, 2);
    // Requests that are taken back at once (CVE-2023-44487).
    let mut resets = Vec::new();
    for number in 0..5_000 {
        let stream = 2 * number + 1;
        resets.extend(frame(HEADERS, END_STREAM | END_HEADERS, stream, &get));
        resets.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    // A head that goes on and on (CVE-2024-27316).
    let mut head_without_end = frame(HEADERS, END_STREAM, 1, &get);
    for _ in 0..5_000 {
        let mut block = vec![0x00, 3, b'x', b'-', b'a'];
        write_text(&"a".repeat(1_000), &mut block);
        head_without_end.extend(frame(CONTINUATION, 0, 1, &block));
    }
    for sent in [resets, head_without_end] {
        let attack = async { said(open(attacker).await, sent, GOAWAY, 1).await };
        assert_eq!(siege.endures(attack).await, [ENHANCE_YOUR_CALM]);
    }
    siege.took_less_than(BYTES_MAX);
}

#[tokio::test]
async fn requests_without_an_end_are_so_many_and_no_more() {
    let siege = Siege::new().await;
    let attacker = &siege.attacker;
    let post = head(attacker, 3);
    let mut sent = Vec::new();
    for number in 0..1_010 {
        sent.extend(frame(HEADERS, END_HEADERS, 2 * number + 1, &post));
    }
    let attack = async {
        let refused = said(open(attacker).await, sent.clone(), RST_STREAM, 10).await;
        assert_eq!(refused, [REFUSED_STREAM; 10]);
    };
    siege.endures(attack).await;
    siege.took_less_than(BYTES_MAX);
}

#[tokio::test]
async fn answers_that_nobody_reads_are_not_piled_up() {
    let siege = Siege::new().await;
    let attacker = &siege.attacker;
    let pings = frame(PING, 0, 0, &[7; 8]).repeat(500_000);
    let settings = frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 1]).repeat(500_000);
    let attack = async {
        let mut open_still = Vec::new();
        for sent in [pings, settings] {
            let mut stream = open(attacker).await;
            // It takes no more than it may answer.
            let sent = stream.write_all(&sent);
            let _ = tokio::time::timeout(Duration::from_secs(1), sent).await;
            open_still.push(stream);
        }
        open_still
    };
    let _open = siege.endures(attack).await;
    siege.took_less_than(BYTES_MAX);
}
