//! Port-forwards on which nothing is said, or nonsense.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::siege::Siege;
use super::tenant::Tenant;
use crate::streaming::ECHO;

/// As many as one user may have open.
const STREAMS: usize = 256;
/// What one may cost: the buffers of TLS and SPDY, and the table by which headers are unpacked.
const STREAM_BYTES_MAX: usize = 256 << 10;

/// Asks for a port-forward to the tenant's pod; gives the code of the answer, and the connection.
async fn forward(tenant: &Tenant) -> (String, TlsStream<TcpStream>) {
    let head = format!(
        "POST {}/echo/portforward HTTP/1.1\r\nhost: localhost\r\nauthorization: {}\r\nconnection: \
         Upgrade\r\nupgrade: SPDY/3.1\r\nx-stream-protocol-version: portforward.k8s.io\r\n\r\n",
        tenant.path("pods"),
        tenant.authorization()
    );
    let mut stream = tenant.tls("http/1.1").await;
    stream.write_all(head.as_bytes()).await.expect("it is taken");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.expect("an answer"));
    }
    let answer = String::from_utf8(answer).expect("text");
    (answer.split(' ').nth(1).expect("a code").to_owned(), stream)
}

#[tokio::test]
async fn one_user_cannot_take_all_streams() {
    let mut siege = Siege::new().await;
    for tenant in [&siege.attacker, &siege.bystander] {
        tenant.space.apply(ECHO).await;
        tenant.space.running("echo").await;
    }
    siege.begins();
    let attack = async {
        let mut open = Vec::new();
        for _ in 0..STREAMS {
            let (code, stream) = forward(&siege.attacker).await;
            assert_eq!(code, "101");
            open.push(stream);
        }
        assert_eq!(forward(&siege.attacker).await.0, "429");
        open
    };
    let _open = siege.endures(attack).await;
    assert_eq!(forward(&siege.bystander).await.0, "101");
    siege.took_less_than(STREAMS * STREAM_BYTES_MAX);
}

#[tokio::test]
async fn nonsense_ends_a_stream() {
    let mut siege = Siege::new().await;
    siege.attacker.space.apply(ECHO).await;
    siege.attacker.space.running("echo").await;
    siege.begins();
    let long = 0x80_03_00_01_01_ff_ff_ff_u64.to_be_bytes();
    let unpacked = [&0x80_03_00_01_00_00_00_20_u64.to_be_bytes()[..], &[0xaa; 32]].concat();
    let short = 0x80_03_00_03_00_00_00_00_u64.to_be_bytes();
    let text = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(1_000);
    let other_version = 0x80_02_00_01_00_00_00_0a_u64.to_be_bytes();
    // Text begins as a data frame would; what it is said to hold goes nowhere, and is followed by more of it.
    let nonsense: [&[u8]; 4] = [&long, &unpacked, &short, &other_version];
    let attack = async {
        for sent in nonsense {
            let (code, mut stream) = forward(&siege.attacker).await;
            assert_eq!(code, "101");
            stream.write_all(sent).await.expect("it is taken");
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
            assert!(rest.len() < 64, "{rest:?}");
        }
        let (_, mut stream) = forward(&siege.attacker).await;
        stream.write_all(&text).await.expect("it is taken, for streams that nobody has opened");
        stream
    };
    let _open = siege.endures(attack).await;
    siege.took_less_than(16 << 20);
}
