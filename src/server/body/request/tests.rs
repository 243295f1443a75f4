use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream;
use http_body_util::StreamBody;

use super::*;

fn announced(method: Method, body: RequestBody) -> bool {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    announce(&mut request);
    request.headers().contains_key(TRANSFER_ENCODING)
}

fn endless() -> RequestBody {
    RequestBody::new(StreamBody::new(stream::pending::<Result<Frame<Bytes>, BoxError>>()))
}

#[test]
fn a_body_of_unknown_length_is_announced_where_none_is_expected() {
    assert!(announced(Method::GET, endless()));
    assert!(announced(Method::HEAD, endless()));
    assert!(!announced(Method::POST, endless()));
    assert!(!announced(Method::GET, Bytes::from_static(b"known").into()));
    assert!(!announced(Method::GET, Bytes::new().into()));
}

#[tokio::test]
async fn what_a_body_holds_is_let_go_with_it() {
    let place = Arc::new(());
    let body = RequestBody::from(Bytes::from_static(b"content")).holding(Arc::clone(&place));
    assert_eq!(Arc::strong_count(&place), 2);
    assert_eq!(body.collect().await.expect("bytes").to_bytes(), "content");
    assert_eq!(Arc::strong_count(&place), 1);
}

/// A body of three pieces, and how many of them were read.
fn counted() -> (RequestBody, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let pieces = stream::iter(0..3).map(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"piece")))
    });
    (RequestBody::new(StreamBody::new(pieces)), read)
}

#[tokio::test]
async fn what_a_reader_leaves_is_read_unless_it_was_not_sent_yet() {
    for (asked, begun, expected) in
        [(false, false, 3), (false, true, 3), (true, true, 3), (true, false, 0)]
    {
        let tasks = Tasks::new();
        let (body, read) = counted();
        let (mut body, _told) = body.read_out(&tasks, asked).followed();
        if begun {
            body.frame().await.expect("a frame").expect("bytes");
        }
        drop(body);
        tokio::task::yield_now().await;
        assert!(tasks.shutdown(Duration::from_mins(1)).await);
        assert_eq!(read.load(Ordering::Relaxed), expected, "asked: {asked}, begun: {begun}");
    }
}

#[tokio::test]
async fn of_an_endless_body_only_so_much_is_read() {
    let bytes = Bytes::from(vec![0; 1 << 20]);
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let pieces = stream::repeat(bytes).map(move |bytes| {
        counter.fetch_add(bytes.len(), Ordering::Relaxed);
        Ok::<_, BoxError>(Frame::data(bytes))
    });
    RequestBody::new(StreamBody::new(pieces)).discard().await;
    assert_eq!(read.load(Ordering::Relaxed), DISCARDED_BYTES_MAX);
}

#[tokio::test]
async fn a_followed_body_tells_that_it_moves_fails_and_ends() {
    let pieces = [Ok(Frame::data(Bytes::from_static(b"a"))), Err(BoxError::from("broken"))];
    let (mut body, mut told) = RequestBody::new(StreamBody::new(stream::iter(pieces))).followed();
    for failed in [false, true] {
        let _ = body.frame().await;
        told.changed().await.expect("it moves");
        assert_eq!(*told.borrow(), failed);
    }
    drop(body);
    assert!(told.changed().await.is_err());
}
