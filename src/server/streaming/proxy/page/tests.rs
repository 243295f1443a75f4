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
