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
