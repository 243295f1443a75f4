use super::*;
use crate::RequestHeader;
use crate::authenticate::ProxyHeaders;

#[test]
fn who_asks_is_said_by_this_server_alone() {
    let mut given = HeaderMap::new();
    for (name, value) in [
        ("authorization", "Bearer secret"),
        ("x-remote-user", "root"),
        ("x-remote-group", "system:masters"),
        ("x-remote-extra-scopes", "all"),
        ("x-corp-group", "system:masters"),
        ("impersonate-user", "root"),
        ("connection", "keep-alive"),
        ("accept", "application/json"),
    ] {
        given.append(name, HeaderValue::from_static(value));
    }
    let mut user = User::new("ada", &["dev", "ops"]);
    user.uid = "u-1".to_owned();
    user.extra.insert("acme.com/project".to_owned(), vec!["one".to_owned()]);
    let group_headers = vec!["X-Remote-Group".to_owned(), "X-Corp-Group".to_owned()];
    let settings = RequestHeader { group_headers, ..RequestHeader::default() };
    let kept = forwarded(&given, &ProxyHeaders::new(&settings));
    let headers = headers(kept, &user).unwrap();
    let all = |name: &str| -> Vec<&str> {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    };
    assert_eq!(all("x-remote-user"), ["ada"]);
    assert_eq!(all("x-remote-uid"), ["u-1"]);
    assert_eq!(all("x-remote-group"), ["dev", "ops"]);
    assert_eq!(all("x-remote-extra-acme.com%2fproject"), ["one"]);
    assert_eq!(all("accept"), ["application/json"]);
    for gone in ["authorization", "x-remote-extra-scopes", "x-corp-group", "impersonate-user"] {
        assert!(all(gone).is_empty(), "{gone}");
    }
}

#[test]
fn a_name_that_no_header_can_hold_is_an_error_and_not_a_panic() {
    assert!(headers(HeaderMap::new(), &User::new("a\nb", &[])).is_err());
}

#[tokio::test(start_paused = true)]
async fn the_time_for_an_answer_begins_when_the_body_has_ended() {
    let begun = tokio::time::Instant::now();
    let pieces = futures::stream::unfold(0_u32, async |count| {
        tokio::time::sleep(HEAD_TIME_MAX / 2).await;
        let piece =
            Ok::<_, crate::BoxError>(http_body::Frame::data(bytes::Bytes::from_static(b"a")));
        (count < 4).then_some((piece, count + 1))
    });
    let body = RequestBody::new(http_body_util::StreamBody::new(pieces));
    let (body, told) = body.followed();
    tokio::join!(ceased(told), async { body.collect().await.map(drop).expect("bytes") });
    assert_eq!(begun.elapsed(), HEAD_TIME_MAX / 2 * 5 + HEAD_TIME_MAX);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_takes_is_not_waited_for() {
    let begun = tokio::time::Instant::now();
    let (body, told) = RequestBody::from(bytes::Bytes::from_static(b"content")).followed();
    ceased(told).await;
    assert_eq!(begun.elapsed(), HEAD_TIME_MAX);
    drop(body);
}
