//! Names, ports and headers of proxied requests.

use http::HeaderMap;
use serde_json::json;

use super::{Named, path_behind, pod_port};
use crate::RequestHeader;
use crate::authenticate::ProxyHeaders;

#[test]
fn names_carry_scheme_and_port() {
    let parse = |text| {
        let named = Named::parse(text).ok()?;
        assert!(!named.tls, "{text}");
        Some((named.name, named.port))
    };
    assert_eq!(parse("web"), Some(("web", "")));
    assert_eq!(parse("web:80"), Some(("web", "80")));
    assert_eq!(parse("http:web:main"), Some(("web", "main")));
    assert_eq!(parse("http:web:"), Some(("web", "")));
    let tls = Named { name: "web", port: "443", tls: true };
    assert_eq!(Named::parse("https:web:443").ok(), Some(tls));
    assert_eq!(parse("ftp:web:21"), None);
    assert_eq!(parse("a:b:c:d"), None);
}

#[test]
fn the_path_behind_is_passed_on_as_it_is() {
    let service = "/api/v1/namespaces/n/services/web:80/proxy";
    assert_eq!(path_behind(service, true), None);
    assert_eq!(path_behind(&format!("{service}/"), true), Some("/"));
    assert_eq!(path_behind(&format!("{service}/a%20b//c/"), true), Some("/a%20b//c/"));
    assert_eq!(path_behind("/api/v1/nodes/n/proxy/healthz", false), Some("/healthz"));
}

#[test]
fn a_pod_is_asked_at_the_port_named_numbered_or_declared_first() {
    let pod = json!({"spec": {"containers": [
        {"name": "a"},
        {"name": "b", "ports": [{"containerPort": 8080, "name": "web"}, {"containerPort": 9}]},
    ]}});
    assert_eq!(pod_port(&pod, "").ok(), Some(8080));
    assert_eq!(pod_port(&pod, "web").ok(), Some(8080));
    assert_eq!(pod_port(&pod, "7").ok(), Some(7));
    assert_eq!(pod_port(&json!({}), "").ok(), Some(80));
    for wrong in ["0", "65536", "99999999999999999999", "other"] {
        assert_eq!(pod_port(&pod, wrong).unwrap_err().code(), 400, "{wrong}");
    }
}

#[test]
fn what_is_for_the_server_alone_is_not_passed_on() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("authorization", "Bearer secret"),
        ("connection", "close, X-Mine"),
        ("x-mine", "1"),
        ("transfer-encoding", "chunked"),
        ("impersonate-user", "somebody"),
        ("x-remote-group", "system:masters"),
        ("accept", "*/*"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    let proxy_headers = ProxyHeaders::new(&RequestHeader::default());
    let forwarded = |headers: &HeaderMap| super::forwarded(headers, &proxy_headers);
    let kept: Vec<_> = forwarded(&headers).keys().map(|name| name.as_str().to_owned()).collect();
    assert_eq!(kept, ["accept"]);
    // A browser sends its token as a subprotocol.
    let token = "base64url.bearer.authorization.k8s.io.c2VjcmV0";
    for (offered, passed_on) in [
        (format!("chat.v1, {token}"), Some("chat.v1")),
        (format!("{token},chat.v1 , chat.v2"), Some("chat.v1, chat.v2")),
        (token.to_owned(), None),
        ("chat.v1,chat.v2".to_owned(), Some("chat.v1,chat.v2")),
    ] {
        headers.insert("sec-websocket-protocol", offered.parse().unwrap());
        let forwarded = forwarded(&headers);
        let kept = forwarded.get("sec-websocket-protocol").map(|kept| kept.to_str().unwrap());
        assert_eq!(kept, passed_on, "{offered}");
    }
}
