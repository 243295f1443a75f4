use super::*;

const PREFIX: &str = "/api/v1/namespaces/n/services/web:80/proxy";

fn request(headers: &[(&'static str, &'static str)]) -> Parts {
    let mut request = http::Request::get(format!("{PREFIX}/a/b"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

#[test]
fn redirects_stay_behind_the_proxy() {
    let parts = request(&[("host", "api.example:6443")]);
    let way = Way::new(&parts, "/a/b", "web-1:8080");
    let elsewhere = "https://elsewhere.example/login";
    for (said, expected) in [
        ("/login", format!("{PREFIX}/login")),
        ("/login/?next=/a#top", format!("{PREFIX}/login/?next=/a#top")),
        ("http://web-1:8080/login", format!("{PREFIX}/login")),
        ("HTTPS://api.example:6443/login", format!("{PREFIX}/login")),
        ("//web-1:8080/", format!("{PREFIX}/")),
        // A program that heeds what it was told has said it already.
        (&format!("{PREFIX}/login"), format!("{PREFIX}/login")),
        (&format!("https://api.example:6443{PREFIX}/x"), format!("{PREFIX}/x")),
        (&format!("{PREFIX}#top"), format!("{PREFIX}#top")),
        (&format!("{PREFIX}-other"), format!("{PREFIX}{PREFIX}-other")),
        ("login", "login".to_owned()),
        ("?page=2", "?page=2".to_owned()),
        ("http://web-1:8080", "http://web-1:8080".to_owned()),
        (elsewhere, elsewhere.to_owned()),
        ("//elsewhere.example/x", "//elsewhere.example/x".to_owned()),
        ("mailto:ada@example.com", "mailto:ada@example.com".to_owned()),
        ("https:/odd", "https:/odd".to_owned()),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, said.parse().unwrap());
        way.redirect(&mut headers);
        assert_eq!(headers[LOCATION], expected, "{said}");
    }
}

#[test]
fn programs_are_told_by_which_way_clients_come() {
    let told = |parts: &Parts| {
        let mut headers = HeaderMap::new();
        Way::new(parts, "/a/b", "web-1:8080").tell(parts, &mut headers);
        headers
    };
    let headers = told(&request(&[("host", "api.example:6443")]));
    assert_eq!(headers[FORWARDED_URI], format!("{PREFIX}/a/b"));
    assert_eq!(headers[FORWARDED_HOST], "api.example:6443");
    assert_eq!(headers[FORWARDED_PROTO], "https");
    // A proxy in front knows the name that the client has used; the path is known here.
    let headers = told(&request(&[
        ("host", "api.example:6443"),
        (FORWARDED_HOST, "cluster.example"),
        (FORWARDED_PROTO, "http"),
        (FORWARDED_URI, "/made/up"),
    ]));
    assert_eq!(headers[FORWARDED_URI], format!("{PREFIX}/a/b"));
    assert!(!headers.contains_key(FORWARDED_HOST) && !headers.contains_key(FORWARDED_PROTO));
}
