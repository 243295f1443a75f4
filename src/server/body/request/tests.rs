use std::sync::Arc;

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

#[tokio::test]
async fn a_body_that_nobody_has_begun_to_read_is_given_back() {
    let unread = Unread::default();
    let body = || RequestBody::from(Bytes::from_static(b"content")).lent(&unread);
    drop(body().followed());
    let back = unread.take().expect("it is there");
    assert_eq!(back.collect().await.expect("bytes").to_bytes(), "content");
    let mut read = body();
    read.frame().await.expect("a frame").expect("bytes");
    drop(read);
    assert!(unread.take().is_none());
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
