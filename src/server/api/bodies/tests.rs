use std::convert::Infallible;

use futures::stream;
use http_body::Frame;
use http_body_util::{Full, StreamBody};

use super::*;

fn whole(length: usize) -> RequestBody {
    let body = Full::new(Bytes::from(vec![b'x'; length]));
    RequestBody::new(body.map_err(|never: Infallible| match never {}))
}

/// A body of unknown length whose first piece comes, and nothing else.
fn stuck() -> RequestBody {
    let pieces = stream::iter([Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"{")))]);
    let pieces = futures::StreamExt::chain(pieces, stream::pending());
    RequestBody::new(StreamBody::new(pieces))
}

#[tokio::test]
async fn a_body_is_read_up_to_the_limit() {
    let bodies = Bodies::new();
    assert_eq!(bodies.read("ann", None).await.unwrap().bytes.len(), 0);
    for length in [1, SMALL_BYTES, SMALL_BYTES + 1, BODY_BYTES_MAX] {
        assert_eq!(bodies.read("ann", Some(whole(length))).await.unwrap().bytes.len(), length);
    }
    let error = bodies.read("ann", Some(whole(BODY_BYTES_MAX + 1))).await.unwrap_err();
    assert_eq!(error.code(), 413);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for_forever() {
    let error = Bodies::new().read("ann", Some(stuck())).await.unwrap_err();
    assert_eq!(error.code(), 504);
}

#[tokio::test(start_paused = true)]
async fn long_bodies_wait_for_room_and_small_ones_do_not() {
    let bodies = Bodies::new();
    let mut held = Vec::new();
    for _ in 0..HELD_OF_ONE_BYTES_MAX / BODY_BYTES_MAX {
        held.push(bodies.read("ann", Some(whole(BODY_BYTES_MAX))).await.unwrap());
    }
    assert_eq!(bodies.read("ann", Some(whole(BODY_BYTES_MAX))).await.unwrap_err().code(), 504);
    bodies.read("ann", Some(whole(SMALL_BYTES))).await.unwrap();
    // Others do not.
    bodies.read("bob", Some(whole(BODY_BYTES_MAX))).await.unwrap();
    held.pop();
    bodies.read("ann", Some(whole(BODY_BYTES_MAX))).await.unwrap();
}

/// Three megabytes of small objects are three hundred in memory.
#[tokio::test(start_paused = true)]
async fn documents_that_take_much_come_one_after_the_other() {
    let bodies = Bodies::new();
    let dense = || {
        let body = Full::new(Bytes::from(r#"{"a":0},"#.repeat(300_000)));
        RequestBody::new(body.map_err(|never: Infallible| match never {}))
    };
    let first = bodies.read("ann", Some(dense())).await.unwrap();
    assert_eq!(bodies.read("ann", Some(dense())).await.unwrap_err().code(), 504);
    bodies.read("ann", Some(whole(BODY_BYTES_MAX))).await.unwrap_err();
    // Others do not wait, nor do documents of the usual size.
    bodies.read("ann", Some(whole(SMALL_BYTES))).await.unwrap();
    bodies.read("bob", Some(dense())).await.unwrap();
    drop(first);
    bodies.read("ann", Some(dense())).await.unwrap();
}

fn in_pieces(length: usize) -> RequestBody {
    let pieces = vec![b'x'; length];
    let pieces: Vec<_> = pieces.chunks(SMALL_BYTES).map(Bytes::copy_from_slice).collect();
    let frames = pieces.into_iter().map(|piece| Ok::<_, BoxError>(Frame::data(piece)));
    RequestBody::new(StreamBody::new(stream::iter(frames)))
}

#[tokio::test(start_paused = true)]
async fn only_what_turns_out_long_is_passed_on() {
    let bodies = Bodies::new();
    for length in [1, BODY_BYTES_MAX] {
        let sent = bodies.read_short("ann", Some(in_pieces(length))).await.unwrap();
        assert_eq!(sent.bytes().len(), length);
        assert!(!sent.is_passing());
    }
    for long in [in_pieces(BODY_BYTES_MAX + 1), whole(BODY_BYTES_MAX + 1)] {
        let sent = bodies.read_short("ann", Some(long)).await.unwrap();
        assert!(sent.is_passing());
        let passed = sent.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(passed.len(), BODY_BYTES_MAX + 1);
    }
    assert_eq!(bodies.read_short("ann", Some(stuck())).await.unwrap_err().code(), 504);
}
