use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

fn found(headers: &[(&'static str, &str)]) -> Result<Option<String>, u16> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    match token(&map) {
        Ok(token) => Ok(token.map(Cow::into_owned)),
        Err(error) => Err(error.code()),
    }
}

#[test]
fn the_header_carries_it() {
    assert_eq!(found(&[]), Ok(None));
    assert_eq!(found(&[("authorization", "Bearer one")]), Ok(Some("one".to_owned())));
    assert_eq!(found(&[("authorization", "bearer  one ")]), Ok(Some("one".to_owned())));
}

#[test]
fn another_scheme_and_no_token_say_nothing() {
    assert_eq!(found(&[("authorization", "Basic b25l")]), Ok(None));
    assert_eq!(found(&[("authorization", "Bearer ")]), Ok(None));
    assert_eq!(found(&[("authorization", "Bearer")]), Ok(None));
    assert_eq!(found(&[("authorization", "")]), Ok(None));
    let browser = [
        ("authorization", "Basic b25l"),
        ("upgrade", "websocket"),
        ("sec-websocket-protocol", "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.b25l"),
    ];
    assert_eq!(found(&browser), Ok(Some("one".to_owned())));
}

#[test]
fn what_is_far_too_long_is_no_token() {
    let long = format!("Bearer {}", "x".repeat(TOKEN_BYTES_MAX + 1));
    assert_eq!(found(&[("authorization", &long)]), Err(401));
}

#[test]
fn a_browser_sends_it_as_a_subprotocol() {
    let upgrade = ("upgrade", "websocket");
    let one = "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.b25l";
    let protocol = |value| ("sec-websocket-protocol", value);
    assert_eq!(found(&[upgrade, protocol(one)]), Ok(Some("one".to_owned())));
    assert_eq!(found(&[protocol(one)]), Ok(None));
    assert_eq!(found(&[upgrade, protocol("v5.channel.k8s.io")]), Ok(None));
    assert_eq!(found(&[upgrade, protocol(one), protocol(one)]), Err(401));
    let alone = "base64url.bearer.authorization.k8s.io.b25l";
    assert_eq!(found(&[upgrade, protocol(alone)]), Err(401), "nothing is left to be echoed");
    let broken = "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.!!";
    assert_eq!(found(&[upgrade, protocol(broken)]), Err(401));
    let empty = "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.";
    assert_eq!(found(&[upgrade, protocol(empty)]), Err(401));
}
