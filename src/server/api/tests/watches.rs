use std::time::Duration;

use futures::StreamExt as _;
use http::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::*;

#[tokio::test]
async fn a_watch_tells_what_there_is_and_what_happens() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let mut watch = server.watch(&format!("{CONFIG_MAPS}?watch=true")).await;
    assert_eq!(watch.brief().await, "ADDED a");
    let created = create(&server, &["b"]).await;
    let added = watch.next().await.unwrap();
    assert_eq!((&added["type"], version(&added["object"])), (&"ADDED".into(), created));
    assert_eq!(added["object"]["kind"], "ConfigMap");
    let patch = json!({"data": {"k": "1"}});
    let changed = server.patch(&format!("{CONFIG_MAPS}/b"), "merge", &patch).await.expect(200);
    assert_eq!(watch.next().await.unwrap(), json!({"type": "MODIFIED", "object": changed}));
    server.delete(&format!("{CONFIG_MAPS}/b"), &Value::Null).await.expect(200);
    let deleted = watch.next().await.unwrap();
    assert_eq!(deleted["type"], "DELETED");
    assert_eq!(deleted["object"]["data"]["k"], "1");
    assert!(version(&deleted["object"]) > version(&changed));
}

#[tokio::test]
async fn a_watch_resumes_after_a_version() {
    let server = Fixture::new().await;
    let first = create(&server, &["a"]).await;
    create(&server, &["b", "c"]).await;
    let mut watch =
        server.watch(&format!("{CONFIG_MAPS}?watch=true&resourceVersion={first}")).await;
    assert_eq!(watch.brief().await, "ADDED b");
    assert_eq!(watch.brief().await, "ADDED c");
    create(&server, &["d"]).await;
    assert_eq!(watch.brief().await, "ADDED d");
}

#[tokio::test]
async fn a_watch_of_a_forgotten_version_is_expired() {
    let store = std::sync::Arc::new(store::memory::Memory::default());
    let first = Fixture::over(std::sync::Arc::clone(&store)).await;
    create(&first, &["a", "b"]).await;
    let second = Fixture::over(store).await;
    let path = format!("{CONFIG_MAPS}?watch=true&resourceVersion=2");
    // An answer with this code would not make a client list anew.
    let mut watch = second.watch(&path).await;
    let event = watch.next().await.unwrap();
    assert_eq!((&event["type"], &event["object"]["code"]), (&"ERROR".into(), &410.into()));
    assert_eq!(event["object"]["reason"], "Expired");
    let message = event["object"]["message"].as_str().unwrap();
    assert!(message.starts_with("too old resource version: 2"), "{message}");
    assert!(watch.next().await.is_none());
}

#[tokio::test]
async fn objects_enter_and_leave_a_selection() {
    let server = Fixture::new().await;
    let start = create(&server, &["other"]).await;
    let path = format!("{CONFIG_MAPS}?watch=1&resourceVersion={start}&labelSelector=app%3Dx");
    let mut watch = server.watch(&path).await;
    server.post(CONFIG_MAPS, &labelled("a", "y")).await.expect(201);
    let object = format!("{CONFIG_MAPS}/a");
    let relabel = async |label: &str| {
        let patch = json!({"metadata": {"labels": {"app": label}}});
        version(&server.patch(&object, "merge", &patch).await.expect(200))
    };
    relabel("x").await;
    assert_eq!(watch.brief().await, "ADDED a");
    let left = relabel("y").await;
    let deleted = watch.next().await.unwrap();
    assert_eq!(deleted["type"], "DELETED");
    assert_eq!(deleted["object"]["metadata"]["labels"]["app"], "x");
    assert_eq!(version(&deleted["object"]), left);
    server.delete(&object, &Value::Null).await.expect(200);
    relabel_other(&server).await;
    assert_eq!(watch.brief().await, "ADDED other");
}

async fn relabel_other(server: &Fixture) {
    let patch = json!({"metadata": {"labels": {"app": "x"}}});
    server.patch(&format!("{CONFIG_MAPS}/other"), "merge", &patch).await.expect(200);
}

#[tokio::test]
async fn one_object_is_watched_by_name() {
    let server = Fixture::new().await;
    create(&server, &["a", "b"]).await;
    for path in [
        format!("{CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Db"),
        "/api/v1/watch/namespaces/default/configmaps/b".to_owned(),
    ] {
        let mut watch = server.watch(&path).await;
        assert_eq!(watch.brief().await, "ADDED b", "{path}");
        let patch = json!({"data": {"path": path}});
        for name in ["a", "b"] {
            server.patch(&format!("{CONFIG_MAPS}/{name}"), "merge", &patch).await.expect(200);
        }
        assert_eq!(watch.brief().await, "MODIFIED b", "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn bookmarks_come_each_minute_and_at_the_end() {
    let server = Fixture::new().await;
    let revision = create(&server, &["a"]).await;
    let path = format!(
        "{CONFIG_MAPS}?watch=1&allowWatchBookmarks=true&timeoutSeconds=90&resourceVersion={revision}"
    );
    let mut watch = server.watch(&path).await;
    let start = tokio::time::Instant::now();
    for seconds in [60, 90] {
        let bookmark = watch.next().await.unwrap();
        assert_eq!(
            bookmark,
            json!({"type": "BOOKMARK", "object": {
                "kind": "ConfigMap", "apiVersion": "v1",
                "metadata": {"resourceVersion": revision.to_string()},
            }})
        );
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
    assert_eq!(watch.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_watch_without_bookmarks_ends_in_silence() {
    let server = Fixture::new().await;
    let revision = create(&server, &["a"]).await;
    let path = format!("{CONFIG_MAPS}?watch=1&resourceVersion={revision}");
    let mut watch = server.watch(&path).await;
    let start = tokio::time::Instant::now();
    assert_eq!(watch.next().await, None);
    let lasted = start.elapsed();
    assert!(lasted >= Duration::from_mins(30) && lasted <= Duration::from_mins(61), "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_always_has_something_to_tell_ends_in_time() {
    let server = Fixture::new().await;
    let revision = create(&server, &["a"]).await;
    let path = format!(
        "{CONFIG_MAPS}?watch=1&resourceVersion={revision}&allowWatchBookmarks=true&timeoutSeconds=5"
    );
    let mut watch = server.watch(&path).await;
    let told = create(&server, &["b"]).await;
    assert_eq!(watch.brief().await, "ADDED b");
    create(&server, &["c"]).await;
    tokio::time::advance(Duration::from_secs(6)).await;
    // No bookmark leads past what has not been told.
    assert_eq!(watch.next().await, None);
    let mut watch = server.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={told}")).await;
    assert_eq!(watch.brief().await, "ADDED c");
}

#[tokio::test(start_paused = true)]
async fn a_bookmark_never_leads_back() {
    let server = Fixture::new().await;
    let ahead = create(&server, &["a"]).await + 1_000;
    let path = format!(
        "{CONFIG_MAPS}?watch=1&resourceVersion={ahead}&allowWatchBookmarks=true&timeoutSeconds=5"
    );
    let last = server.watch(&path).await.next().await.unwrap();
    assert_eq!((&last["type"], version(&last["object"])), (&"BOOKMARK".into(), ahead));
}

#[tokio::test]
async fn long_objects_are_told_of_like_others() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let long = "x".repeat(300_000);
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "data": {"k": long},
    });
    let map = server.post(CONFIG_MAPS, &map).await.expect(201);
    create(&server, &["c"]).await;
    let mut watch = server.watch(&format!("{CONFIG_MAPS}?watch=1")).await;
    assert_eq!(watch.brief().await, "ADDED a");
    assert_eq!(watch.next().await.unwrap(), json!({"type": "ADDED", "object": map}));
    assert_eq!(watch.brief().await, "ADDED c");
    create(&server, &["d"]).await;
    assert_eq!(watch.brief().await, "ADDED d");
}

#[tokio::test]
async fn who_knows_no_bookmarks_is_not_told_the_end_of_the_state() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let path =
        format!("{CONFIG_MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
    let mut watch = server.watch(&path).await;
    assert_eq!(watch.brief().await, "ADDED a");
    create(&server, &["b"]).await;
    assert_eq!(watch.brief().await, "ADDED b");
}

#[tokio::test]
async fn a_watch_list_marks_the_end_of_the_state() {
    let server = Fixture::new().await;
    let revision = create(&server, &["a", "b"]).await;
    let path = format!(
        "{CONFIG_MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    );
    let mut watch = server.watch(&path).await;
    assert_eq!(watch.brief().await, "ADDED a");
    assert_eq!(watch.brief().await, "ADDED b");
    let mark = watch.next().await.unwrap();
    assert_eq!(mark["type"], "BOOKMARK");
    assert_eq!(mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    assert_eq!(version(&mark["object"]), revision);
    create(&server, &["c"]).await;
    assert_eq!(watch.brief().await, "ADDED c");
    let path = format!("{CONFIG_MAPS}?watch=1&sendInitialEvents=true");
    server.get(&path).await.failure(422, "Invalid");
}

#[tokio::test]
async fn watchers_see_every_change_in_order() {
    let server = Fixture::new().await;
    let mut watches = Vec::new();
    for _ in 0..5 {
        watches.push(server.watch("/api/v1/configmaps?watch=1&resourceVersion=1").await);
    }
    let names: Vec<String> = (0..50).map(|index| format!("n{index}")).collect();
    let creates = names.iter().map(|name| {
        let server = &server;
        async move { server.post(CONFIG_MAPS, &config_map(name, json!({}))).await.expect(201) }
    });
    futures::future::join_all(creates).await;
    for watch in &mut watches {
        let (mut last, mut seen) = (0, 0);
        while seen < names.len() {
            let event = watch.next().await.unwrap();
            assert_eq!(event["type"], "ADDED");
            let revision = version(&event["object"]);
            assert!(revision > last);
            last = revision;
            seen +=
                usize::from(event["object"]["metadata"]["name"].as_str().unwrap().starts_with('n'));
        }
    }
}

#[tokio::test]
async fn events_that_wait_leave_together_unless_they_are_large() {
    let server = Fixture::new().await;
    let revision = create(&server, &["first"]).await;
    let mut watch =
        server.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={revision}")).await;
    create(&server, &["a", "b", "c"]).await;
    assert_eq!(watch.together().await, 3);
    for name in ["d", "e"] {
        let large = config_map(name, json!({"k": "x".repeat(20 << 10)}));
        server.post(CONFIG_MAPS, &large).await.expect(201);
    }
    assert_eq!((watch.together().await, watch.together().await), (1, 1));
}

#[tokio::test]
async fn watches_end_when_the_server_stops() {
    let server = Fixture::new().await;
    let revision = create(&server, &["a"]).await;
    let mut watch =
        server.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={revision}")).await;
    server.tasks.stop_token().cancel();
    assert_eq!(watch.next().await, None);
}

#[tokio::test]
async fn a_watcher_that_does_not_read_is_closed() {
    let server = Fixture::new().await;
    let revision = create(&server, &["a"]).await;
    let mut watch =
        server.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={revision}")).await;
    let path = format!("{CONFIG_MAPS}/a");
    // More than is remembered of all config maps.
    let long = "x".repeat(400 << 10);
    for index in 0..130 {
        let object = config_map("a", json!({"k": format!("{index}{long}")}));
        server.put(&path, &object).await.expect(200);
    }
    assert_eq!(watch.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn one_user_cannot_have_all_watches() {
    let server = Fixture::new().await;
    let lasting = server.api.lasting();
    let held: Vec<_> = std::iter::from_fn(|| lasting.try_take("system:admin")).collect();
    let path = format!("{CONFIG_MAPS}?watch=1&timeoutSeconds=1");
    let refused = server.get(&path).await;
    assert_eq!(refused.failure(429, "TooManyRequests"), "too many watches are open");
    assert_eq!(refused.headers["retry-after"], "5");
    assert!(lasting.try_take("somebody").is_some());
    server.get(CONFIG_MAPS).await.expect(200);
    drop(held);
    assert_eq!(server.get(&path).await.code, 200);
}

#[tokio::test]
async fn watches_over_websocket_take_a_place_among_the_streams() {
    let server = Fixture::new().await;
    let path = format!("{CONFIG_MAPS}?watch=1");
    let mut open = Vec::new();
    for _ in 0..256 {
        open.push(server.websocket(&path).await.unwrap());
    }
    assert_eq!(server.websocket(&path).await.unwrap_err(), 429);
    // Others are not streams.
    server.watch(&path).await;
}

#[tokio::test]
async fn a_stop_ends_watches_over_websocket_with_a_farewell() {
    let server = Fixture::new().await;
    let path = format!("{CONFIG_MAPS}?watch=1&resourceVersion=1");
    let mut watch = server.websocket(&path).await.unwrap();
    let stop = server.tasks.shutdown(Duration::from_secs(10));
    let (_, farewell) = tokio::join!(stop, async {
        let mut farewell = None;
        while let Some(Ok(message)) = watch.next().await {
            if let Message::Close(frame) = message {
                farewell = frame;
            }
        }
        farewell
    });
    assert_eq!(u16::from(farewell.unwrap().code), 1000);
}

#[tokio::test]
async fn a_watch_is_sent_as_json_alone() {
    let server = Fixture::new().await;
    let path = format!("{CONFIG_MAPS}?watch=true");
    let ask = async |accept: &str| server.ask(Method::GET, &path, &[("accept", accept)], "").await;
    let message = ask("text/html").await.failure(406, "NotAcceptable");
    assert_eq!(
        message,
        "only the following media types are accepted: application/json;stream=watch"
    );
    assert_eq!(ask("application/yaml").await.code, 406);
    let mut watch = server.watch_as(&path, "application/yaml,application/json;stream=watch").await;
    create(&server, &["a"]).await;
    assert_eq!(watch.brief().await, "ADDED a");
}

#[tokio::test]
async fn an_object_is_got_whatever_else_is_asked() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let got = server.get(&format!("{CONFIG_MAPS}/a?watch=true")).await.expect(200);
    assert_eq!(got["kind"], "ConfigMap");
}
