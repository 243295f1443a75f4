use http::{HeaderMap, HeaderValue};

use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(*name, HeaderValue::from_static(value));
    }
    map
}

#[test]
fn the_headers_say_who_asks() {
    let proxy = FrontProxy::new(&RequestHeader::default()).unwrap();
    let headers = headers(&[
        ("x-remote-user", "ada"),
        ("x-remote-uid", "u-1"),
        ("x-remote-group", "dev"),
        ("x-remote-group", "ops"),
        ("x-remote-extra-acme.com%2Fproject", "one"),
        ("x-remote-extra-scopes", "a"),
        ("x-remote-extra-scopes", "b"),
    ]);
    let user = proxy.user("any", &headers).unwrap();
    assert_eq!((user.name.as_str(), user.uid.as_str()), ("ada", "u-1"));
    assert_eq!(user.groups, ["dev", "ops"]);
    assert_eq!(user.extra["acme.com/project"], ["one"]);
    assert_eq!(user.extra["scopes"], ["a", "b"]);
}

#[test]
fn only_proxies_of_the_right_name_are_believed() {
    let allowed_names = vec!["front".to_owned()];
    let settings = RequestHeader { allowed_names, ..RequestHeader::default() };
    let proxy = FrontProxy::new(&settings).unwrap();
    let headers = headers(&[("x-remote-user", "ada")]);
    assert!(proxy.user("front", &headers).is_some());
    assert_eq!(proxy.user("other", &headers), None);
    assert_eq!(proxy.user("", &headers), None);
}

#[test]
fn a_request_that_names_nobody_is_nobodys() {
    let proxy = FrontProxy::new(&RequestHeader::default()).unwrap();
    assert_eq!(proxy.user("any", &headers(&[("x-remote-group", "system:masters")])), None);
    assert_eq!(proxy.user("any", &headers(&[("x-remote-user", "")])), None);
}

#[test]
fn a_user_may_be_in_a_thousand_groups_and_in_no_more() {
    let proxy = FrontProxy::new(&RequestHeader::default()).unwrap();
    let mut headers = headers(&[("x-remote-user", "ada"), ("accept", "*/*")]);
    for group in 0..VALUES_MAX {
        headers.append("x-remote-group", HeaderValue::from(group));
    }
    assert_eq!(proxy.user("any", &headers).unwrap().groups.len(), 1_000);
    headers.append("x-remote-extra-scopes", HeaderValue::from_static("one more"));
    assert_eq!(proxy.user("any", &headers), None);
}

#[test]
fn headers_that_say_who_asks_end_here_whatever_they_are_called() {
    let settings = RequestHeader {
        username_headers: vec!["X-Corp-User".to_owned()],
        group_headers: vec!["X-Remote-Group".to_owned(), " X-Corp-Group ".to_owned()],
        extra_headers_prefix: vec!["X-Corp-Extra-".to_owned(), String::new()],
        ..RequestHeader::default()
    };
    let mut headers = headers(&[
        ("accept", "*/*"),
        ("x-corp-user", "root"),
        ("x-corp-group", "system:masters"),
        ("x-corp-group", "ops"),
        ("x-corp-extra-scopes", "all"),
        ("x-corp-other", "stays"),
        ("x-remote-user", "root"),
        ("x-remote-uid", "0"),
        ("x-remote-extra-scopes", "all"),
    ]);
    ProxyHeaders::new(&settings).withhold(&mut headers);
    let kept: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
    assert_eq!(kept, ["accept", "x-corp-other"]);
}
