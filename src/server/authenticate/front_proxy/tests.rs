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
