use http::{HeaderMap, HeaderName, HeaderValue};

use super::addresses;

fn check(headers: &[(&'static str, &'static str)], peer: Option<&str>, expected: &[&str]) {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let peer = peer.map(|peer| peer.parse().unwrap());
    assert_eq!(addresses(&map, peer), expected, "{headers:?} {peer:?}");
}

#[test]
fn proxies_say_whom_they_speak_for() {
    check(&[], None, &[]);
    check(&[], Some("10.0.0.1"), &["10.0.0.1"]);
    let forwarded = ("x-forwarded-for", "192.0.2.1, 2001:db8::1");
    check(&[forwarded], Some("10.0.0.1"), &["192.0.2.1", "2001:db8::1", "10.0.0.1"]);
    check(&[("x-real-ip", "192.0.2.9")], Some("10.0.0.1"), &["192.0.2.9", "10.0.0.1"]);
    check(&[forwarded, ("x-real-ip", "192.0.2.9")], None, &["192.0.2.1", "2001:db8::1"]);
    check(&[("x-forwarded-for", "unknown, 10.0.0.1")], Some("10.0.0.1"), &["10.0.0.1"]);
}
