//! The SPDY connection, spoken to as a client speaks.

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;

use super::frame::{self, Frame, FrameReader, FrameWriter, Headers};
use super::{Arrival, serve};

const SYN_REPLY: [u8; 4] = [0x80, 3, 0, 2];

fn headers(pairs: &[(&str, &str)]) -> Headers {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn frames(bytes: &[u8]) -> Vec<Frame> {
    let mut reader = FrameReader::new(bytes);
    let mut frames = Vec::new();
    while let Some(frame) = reader.next().await.unwrap() {
        frames.push(frame);
    }
    frames
}

/// Runs a connection beside a client.
async fn check<Fut: Future<Output = ()>>(
    client: impl FnOnce(DuplexStream, mpsc::Receiver<Arrival>) -> Fut,
) {
    let (near, far) = tokio::io::duplex(1 << 20);
    let (connection, arrivals) = serve(far);
    let (_, ()) = tokio::join!(connection, client(near, arrivals));
}

#[test]
fn the_dictionary_is_the_one_of_the_specification() {
    let bytes = super::dictionary::dictionary();
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in &bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    assert_eq!((bytes.len(), b << 16 | a), (1_423, 0xe3c6_a7c2));
}

#[tokio::test]
async fn headers_of_many_streams_are_unpacked() {
    let (mut writer, mut bytes) = (FrameWriter::new(), BytesMut::new());
    let data = headers(&[("port", "8080"), ("requestid", "0"), ("streamtype", "data")]);
    let error = headers(&[("port", "8080"), ("requestid", "0"), ("streamtype", "error")]);
    writer.open(1, &error, &mut bytes);
    writer.open(3, &data, &mut bytes);
    let opened = |stream, headers| Frame::Open { stream, headers, last: false };
    assert_eq!(frames(&bytes).await, [opened(1, error), opened(3, data)]);
}

#[tokio::test]
async fn a_long_data_frame_comes_in_pieces_and_ends_once() {
    let mut bytes = BytesMut::new();
    frame::data(5, &vec![7; 100_000], true, &mut bytes);
    let mut total = 0;
    let frames = frames(&bytes).await;
    for (index, frame) in frames.iter().enumerate() {
        let Frame::Data { stream: 5, bytes, last } = frame else { panic!("{frame:?}") };
        total += bytes.len();
        assert_eq!(*last, index + 1 == frames.len());
    }
    assert_eq!((frames.len(), total), (4, 100_000));
}

#[tokio::test]
async fn nonsense_is_an_error() {
    let mut bomb = BytesMut::new();
    let long = "a".repeat(200_000);
    FrameWriter::new().open(1, &headers(&[("name", &long)]), &mut bomb);
    for bytes in [
        &[0x47, 0x45, 0x54, 0x20, 0, 0, 0, 9, 1][..],
        // Another version, a frame that is too long, headers that are not packed, a frame cut off.
        &[0x80, 2, 0, 1, 0, 0, 0, 0],
        &[0x80, 3, 0, 1, 0, 0xff, 0, 0],
        &[0x80, 3, 0, 1, 0, 0, 0, 14, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4],
        &[0x80, 3, 0, 3, 0, 0, 0, 2, 0, 0],
        &bomb,
    ] {
        let mut reader = FrameReader::new(bytes);
        let end = loop {
            match reader.next().await {
                Ok(Some(_)) => {}
                end => break end,
            }
        };
        assert!(end.is_err(), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_stream_is_accepted_and_echoed_and_a_ping_answered() {
    check(async |mut client, mut arrivals| {
        let (mut writer, mut bytes) = (FrameWriter::new(), BytesMut::new());
        writer.open(1, &headers(&[("streamtype", "data")]), &mut bytes);
        frame::data(1, b"hello", true, &mut bytes);
        frame::ping(1, &mut bytes);
        client.write_all(&bytes).await.unwrap();
        let Arrival { headers, mut channel } = arrivals.recv().await.unwrap();
        assert_eq!(headers["streamtype"], "data");
        let piece = channel.incoming.next().await.unwrap();
        assert_eq!(channel.incoming.next().await, None);
        assert!(channel.outgoing.send(piece).await);
        channel.outgoing.end().await;

        let mut head = [0; 8];
        client.read_exact(&mut head).await.unwrap();
        assert_eq!(head[..4], SYN_REPLY);
        let mut reply = vec![0; usize::from(head[7])];
        client.read_exact(&mut reply).await.unwrap();
        let mut rest = vec![0; 12 + 13 + 8];
        client.read_exact(&mut rest).await.unwrap();
        let frames = frames(&rest).await;
        let data = |bytes: &'static [u8], last| {
            let bytes = Bytes::from_static(bytes);
            Frame::Data { stream: 1, bytes, last }
        };
        assert!(frames.contains(&Frame::Ping(1)), "{frames:?}");
        let others: Vec<_> = frames.into_iter().filter(|frame| *frame != Frame::Ping(1)).collect();
        assert_eq!(others, [data(b"hello", false), data(b"", true)]);
    })
    .await;
}

#[tokio::test]
async fn stream_numbers_must_be_odd_and_grow() {
    check(async |mut client, mut arrivals| {
        let (mut writer, mut bytes) = (FrameWriter::new(), BytesMut::new());
        for stream in [3, 3, 2, 1] {
            writer.open(stream, &Headers::new(), &mut bytes);
        }
        client.write_all(&bytes).await.unwrap();
        arrivals.recv().await.unwrap();
        let mut head = [0; 8];
        client.read_exact(&mut head).await.unwrap();
        let mut rest = vec![0; usize::from(head[7]) + 3 * 16];
        client.read_exact(&mut rest).await.unwrap();
        let refused = frames(&rest[usize::from(head[7])..]).await;
        let expected = [3, 2, 1].map(|stream| Frame::Reset { stream });
        assert_eq!(refused, expected);
    })
    .await;
}

#[tokio::test]
async fn a_reset_after_the_clients_end_gives_the_stream_up() {
    check(async |mut client, mut arrivals| {
        let (mut writer, mut bytes) = (FrameWriter::new(), BytesMut::new());
        writer.open(1, &Headers::new(), &mut bytes);
        frame::data(1, b"last words", true, &mut bytes);
        client.write_all(&bytes).await.unwrap();
        let Arrival { channel, .. } = arrivals.recv().await.unwrap();
        // A pod that says nothing and does not end.
        let (near, mut pod) = tokio::io::duplex(64);
        let spliced = channel.splice(near);
        let reset = async {
            let mut words = [0; 10];
            pod.read_exact(&mut words).await.unwrap();
            assert_eq!(pod.read(&mut [0]).await.unwrap(), 0, "the end is passed on");
            let mut bytes = BytesMut::new();
            frame::reset(1, super::ResetCode::Cancelled, &mut bytes);
            client.write_all(&bytes).await.unwrap();
            pod
        };
        tokio::join!(spliced, reset);
    })
    .await;
}

#[tokio::test]
async fn streams_that_have_ended_make_room() {
    check(async |mut client, mut arrivals| {
        let mut writer = FrameWriter::new();
        for stream in (1..).step_by(2).take(super::STREAMS_MAX + 10) {
            let mut bytes = BytesMut::new();
            writer.open(stream, &Headers::new(), &mut bytes);
            frame::data(stream, b"", true, &mut bytes);
            client.write_all(&bytes).await.unwrap();
            let Arrival { mut channel, .. } = arrivals.recv().await.unwrap();
            assert_eq!(channel.incoming.next().await, None);
        }
    })
    .await;
}
