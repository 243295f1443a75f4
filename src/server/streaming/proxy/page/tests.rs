use std::io::Read as _;

use flate2::read::GzDecoder;
use http::Response;
use http_body_util::BodyExt as _;

use super::*;

const PAGE: &str = "<a href='/x'>x</a>";
const CHANGED: &str = "<a href='/p/proxy/x'>x</a>";

fn way() -> Way {
    let parts = http::Request::get("/p/proxy/").body(()).expect("a request").into_parts().0;
    Way::new(&parts, "/", "web:80")
}

fn packed(text: &str) -> Bytes {
    let mut pack = GzEncoder::new(Vec::new(), Compression::fast());
    pack.write_all(text.as_bytes()).expect("memory is writable");
    pack.finish().expect("memory is writable").into()
}

/// An answer behind the proxy.
async fn sent(method: Method, headers: &[(HeaderName, &str)], body: Bytes) -> (Answer, Bytes) {
    let mut answer = Response::new(Body::from(body));
    for (name, value) in headers {
        answer.headers_mut().insert(name, value.parse().expect("a header"));
    }
    let mut answer = rewrite(answer, &method, way());
    let body = answer.body_mut().collect().await.expect("it ends").to_bytes();
    (answer, body)
}

#[tokio::test]
async fn the_links_of_pages_are_changed() {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_LENGTH, "18")];
    let (answer, body) = sent(Method::GET, &headers, PAGE.into()).await;
    assert_eq!(body, CHANGED);
    assert!(!answer.headers().contains_key(CONTENT_LENGTH));
}

#[tokio::test]
async fn those_of_packed_pages_too() {
    let headers = [(CONTENT_TYPE, "text/html"), (CONTENT_ENCODING, "gzip")];
    let long = PAGE.repeat(10_000);
    let (_, body) = sent(Method::GET, &headers, packed(&long)).await;
    let mut text = String::new();
    GzDecoder::new(&body[..]).read_to_string(&mut text).expect("it is packed");
    assert!(text == CHANGED.repeat(10_000));
}

#[tokio::test]
async fn a_page_that_is_packed_twice_passes_as_it_is() {
    let mut answer = Response::new(Body::from(packed(PAGE)));
    answer.headers_mut().insert(CONTENT_TYPE, "text/html".parse().expect("a header"));
    for coding in ["gzip", "br"] {
        answer.headers_mut().append(CONTENT_ENCODING, coding.parse().expect("a header"));
    }
    let mut answer = rewrite(answer, &Method::GET, way());
    assert_eq!(answer.body_mut().collect().await.expect("it ends").to_bytes(), packed(PAGE));
}

#[tokio::test]
async fn everything_else_passes_as_it_is() {
    let html = (CONTENT_TYPE, "text/html");
    for (method, headers) in [
        (Method::GET, vec![(CONTENT_TYPE, "text/plain")]),
        (Method::GET, vec![]),
        (Method::GET, vec![html.clone(), (CONTENT_ENCODING, "br")]),
        (Method::GET, vec![html.clone(), (LOCATION, "/y")]),
        (Method::HEAD, vec![html]),
    ] {
        let headers = [headers, vec![(CONTENT_LENGTH, "18")]].concat();
        let (answer, body) = sent(method, &headers, PAGE.into()).await;
        assert_eq!(body, PAGE, "{headers:?}");
        assert!(answer.headers().contains_key(CONTENT_LENGTH));
    }
}

/// The frames of a body, and how often others had their turn.
async fn frames(mut body: Body) -> (Vec<Bytes>, usize) {
    let (mut frames, mut turns) = (Vec::new(), 0);
    let next = |body: &mut Body, context: &mut Context<'_>| {
        http_body::Body::poll_frame(Pin::new(body), context)
    };
    loop {
        match std::future::poll_fn(|context| Poll::Ready(next(&mut body, context))).await {
            Poll::Pending => turns += 1,
            Poll::Ready(None) => return (frames, turns),
            Poll::Ready(Some(frame)) => {
                frames.push(frame.expect("it is whole").into_data().expect("data"));
            }
        }
    }
}

#[tokio::test]
async fn a_page_of_links_alone_is_changed_piece_by_piece() {
    let text = "<a href=/>".repeat(400_000);
    for (coding, body) in [("", Bytes::from(text.clone())), ("gzip", packed(&text))] {
        let mut answer = Response::new(Body::from(body));
        answer.headers_mut().insert(CONTENT_TYPE, "text/html".parse().expect("a header"));
        if !coding.is_empty() {
            answer.headers_mut().insert(CONTENT_ENCODING, coding.parse().expect("a header"));
        }
        let (frames, turns) = frames(rewrite(answer, &Method::GET, way()).into_body()).await;
        let longest = frames.iter().map(Bytes::len).max();
        assert!(longest.is_some_and(|bytes| bytes < 100 << 10), "{longest:?}");
        assert!(turns >= text.len() / TEXT_BYTES / STEPS_MAX, "{turns}");
    }
}

/// What there is no body for ends as it does without a change, though its headers speak of one.
#[tokio::test]
async fn answers_without_a_body_pass_as_they_are() {
    let headers = [(CONTENT_TYPE, "text/html"), (CONTENT_ENCODING, "gzip")];
    let (answer, body) = sent(Method::GET, &headers, Bytes::new()).await;
    assert!(body.is_empty() && answer.body().is_end_stream());
    for status in [100, 101, 204, 206, 304] {
        let (body, lasting) = Body::before_stream();
        let mut answer = Response::new(body);
        *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
        for (name, value) in &headers {
            answer.headers_mut().insert(name, value.parse().expect("a header"));
        }
        let mut answer = rewrite(answer, &Method::GET, way());
        assert!(answer.body().is_end_stream(), "{status}");
        // What is kept for a stream is kept by its task, not by the answer.
        let held = std::sync::Arc::new(());
        answer.body_mut().hold(Box::new(std::sync::Arc::clone(&held)));
        drop(answer);
        assert_eq!(std::sync::Arc::strong_count(&held), 2, "{status}");
        drop(lasting);
    }
}

/// Nothing in pieces is nothing, too.
#[tokio::test]
async fn a_packed_page_that_never_begins_is_empty() {
    let nothing = http_body_util::StreamBody::new(futures::stream::iter([Ok::<_, BoxError>(
        Frame::data(Bytes::new()),
    )]));
    let mut answer = Response::new(Body::from(BoxBody::new(nothing)));
    answer.headers_mut().insert(CONTENT_TYPE, "text/html".parse().expect("a header"));
    answer.headers_mut().insert(CONTENT_ENCODING, "gzip".parse().expect("a header"));
    let answer = rewrite(answer, &Method::GET, way());
    assert!(answer.into_body().collect().await.expect("it ends").to_bytes().is_empty());
}
