use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_list_of_built_in_objects_omits_what_they_are() {
    let server = Fixture::new().await;
    let last = create(&server, &["b", "a"]).await;
    let list = server.get(CONFIG_MAPS).await.expect(200);
    assert_eq!(list["kind"], "ConfigMapList");
    assert_eq!(list["apiVersion"], "v1");
    assert_eq!(version(&list), last);
    assert_eq!(names(&list), ["a", "b"]);
    assert_eq!(list["items"][0].get("kind"), None);
    let empty = server.get("/api/v1/namespaces/kube-public/secrets").await.expect(200);
    assert_eq!(empty["items"], json!([]));
}

#[tokio::test]
async fn lists_span_a_namespace_or_all() {
    let server = Fixture::new().await;
    for namespace in ["a", "a-b", "ab"] {
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        server.post("/api/v1/namespaces", &object).await.expect(201);
        let path = format!("/api/v1/namespaces/{namespace}/secrets");
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": namespace}});
        server.post(&path, &secret).await.expect(201);
    }
    let one = server.get("/api/v1/namespaces/a/secrets").await.expect(200);
    assert_eq!(names(&one), ["a"]);
    let all = server.get("/api/v1/secrets").await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
}

/// A namespace before the default one and one behind it, each with a map of its own name.
async fn neighbours(server: &Fixture) {
    for namespace in ["aa", "zz"] {
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        server.post("/api/v1/namespaces", &object).await.expect(201);
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": namespace}});
        let path = format!("/api/v1/namespaces/{namespace}/configmaps");
        server.post(&path, &map).await.expect(201);
    }
}

/// Whoever may list in one namespace may not look into those that sort before it.
#[tokio::test]
async fn a_token_that_was_made_up_leads_to_no_other_namespace() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    neighbours(&server).await;
    for (after, expected) in [
        ("", vec!["zz"]),
        ("!", vec!["zz"]),
        ("default/a", vec!["zz"]),
        ("zz/zz", vec![]),
        ("zzz", vec![]),
    ] {
        let token = URL_SAFE_NO_PAD.encode(json!({"after": after}).to_string());
        for more in ["", "&limit=9", "&fieldSelector=metadata.name!%3Dx"] {
            let path = format!("/api/v1/namespaces/zz/configmaps?continue={token}{more}");
            assert_eq!(names(&server.get(&path).await.expect(200)), expected, "{after:?} {more}");
        }
    }
}

#[tokio::test]
async fn selectors_choose() {
    let server = Fixture::new().await;
    for (name, label) in [("a", "x"), ("b", "y"), ("c", "x")] {
        server.post(CONFIG_MAPS, &labelled(name, label)).await.expect(201);
    }
    let check = async |query: &str, expected: &[&str]| {
        let list = server.get(&format!("{CONFIG_MAPS}?{query}")).await.expect(200);
        assert_eq!(names(&list), expected, "{query}");
    };
    check("labelSelector=app%3Dx", &["a", "c"]).await;
    check("labelSelector=app!%3Dx", &["b"]).await;
    check("labelSelector=app%20in%20(x,y)", &["a", "b", "c"]).await;
    check("fieldSelector=metadata.name%3Db", &["b"]).await;
    check("fieldSelector=metadata.name!%3Db&labelSelector=app", &["a", "c"]).await;
    check("fieldSelector=metadata.namespace%3Dother", &[]).await;
    let path = format!("{CONFIG_MAPS}?fieldSelector=spec.x%3D1");
    let message = server.get(&path).await.failure(400, "BadRequest");
    assert_eq!(message, "field label not supported: spec.x");
    server
        .get(&format!("{CONFIG_MAPS}?labelSelector=a%3D%3D%3Db"))
        .await
        .failure(400, "BadRequest");
}

#[tokio::test]
async fn chunks_show_one_moment() {
    let server = Fixture::new().await;
    let before = create(&server, &["a", "b", "c", "d", "e"]).await;
    let first = server.get(&format!("{CONFIG_MAPS}?limit=2")).await.expect(200);
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    server.delete(&format!("{CONFIG_MAPS}/c"), &Value::Null).await.expect(200);
    server
        .patch(&format!("{CONFIG_MAPS}/d"), "merge", &json!({"data": {"new": "1"}}))
        .await
        .expect(200);
    create(&server, &["bb"]).await;
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = server.get(&format!("{CONFIG_MAPS}?limit=2&continue={token}")).await.expect(200);
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(second["items"][1]["data"].get("new"), None);
    assert_eq!(version(&second), before);
    let token = second["metadata"]["continue"].as_str().unwrap();
    let third = server.get(&format!("{CONFIG_MAPS}?limit=2&continue={token}")).await.expect(200);
    assert_eq!(names(&third), ["e"]);
    assert_eq!(third["metadata"].get("continue"), None);
    let now = server.get(CONFIG_MAPS).await.expect(200);
    assert_eq!(names(&now), ["a", "b", "bb", "d", "e"]);
}

/// Whatever has happened to the objects between and beside them since.
#[tokio::test]
async fn pages_of_the_past_are_those_of_their_namespace_in_order() {
    let server = Fixture::new().await;
    neighbours(&server).await;
    let before = create(&server, &["a", "c", "e", "g", "i"]).await;
    for gone in ["a", "e", "i"] {
        server.delete(&format!("{CONFIG_MAPS}/{gone}"), &Value::Null).await.expect(200);
    }
    create(&server, &["b", "d", "e", "h"]).await;
    let elsewhere = "/api/v1/namespaces/aa/configmaps/aa";
    server.delete(elsewhere, &Value::Null).await.expect(200);
    for query in ["", "&labelSelector=!app", "&fieldSelector=metadata.name!%3Dx"] {
        let mut path = format!("{CONFIG_MAPS}?limit=2&resourceVersion={before}{query}");
        let mut found = Vec::new();
        loop {
            let page = server.get(&path).await.expect(200);
            assert_eq!(version(&page), before);
            found.extend(names(&page).into_iter().map(str::to_owned).collect::<Vec<_>>());
            let Some(token) = page["metadata"]["continue"].as_str() else { break };
            path = format!("{CONFIG_MAPS}?limit=2&continue={token}{query}");
        }
        assert_eq!(found, ["a", "c", "e", "g", "i"], "{query}");
    }
    let past = format!("resourceVersion={before}&resourceVersionMatch=Exact");
    let all = server.get(&format!("/api/v1/configmaps?{past}")).await.expect(200);
    assert!(names(&all).contains(&"aa") && names(&all).contains(&"zz"), "{all}");
}

#[tokio::test]
async fn the_past_comes_from_the_store_when_the_cache_has_forgotten_it() {
    let store = std::sync::Arc::new(store::memory::Memory::default());
    let server = Fixture::over(std::sync::Arc::clone(&store)).await;
    let before = create(&server, &["a", "b"]).await;
    create(&server, &["c"]).await;
    // A second server over the same store knows no history of its own.
    let second = Fixture::over(store).await;
    let path = format!("{CONFIG_MAPS}?resourceVersion={before}&resourceVersionMatch=Exact");
    let list = second.get(&path).await.expect(200);
    assert_eq!(names(&list), ["a", "b"]);
    assert_eq!(version(&list), before);
    let path = format!("{CONFIG_MAPS}?resourceVersion={before}&limit=1");
    assert_eq!(names(&second.get(&path).await.expect(200)), ["a"]);
}

#[tokio::test]
async fn a_compacted_chunk_offers_the_rest_as_it_is() {
    let store = std::sync::Arc::new(store::memory::Memory::default());
    let server = Fixture::over(std::sync::Arc::clone(&store)).await;
    create(&server, &["a", "b", "c"]).await;
    let first = server.get(&format!("{CONFIG_MAPS}?limit=1")).await.expect(200);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let last = create(&server, &["d"]).await;
    store::Store::compact(store.as_ref(), store::Revision(last)).await.unwrap();
    let second = Fixture::over(store).await;
    let path = format!("{CONFIG_MAPS}?limit=2&continue={token}");
    let reply = second.get(&path).await;
    reply.failure(410, "Expired");
    let fresh = reply.json()["metadata"]["continue"].as_str().unwrap().to_owned();
    let rest = second.get(&format!("{CONFIG_MAPS}?continue={fresh}")).await.expect(200);
    assert_eq!(names(&rest), ["b", "c", "d"]);
}

#[tokio::test(start_paused = true)]
async fn resource_versions_bound_a_list() {
    let server = Fixture::new().await;
    let last = create(&server, &["a"]).await;
    let check = async |query: String, code: u16| {
        let reply = server.get(&format!("{CONFIG_MAPS}?{query}")).await;
        assert_eq!(reply.code, code, "{query}");
        reply
    };
    check("resourceVersion=0".to_owned(), 200).await;
    check(format!("resourceVersion={last}"), 200).await;
    check(format!("resourceVersion={last}&resourceVersionMatch=NotOlderThan"), 200).await;
    check(format!("resourceVersion={last}&resourceVersionMatch=Exact"), 200).await;
    check("resourceVersionMatch=Exact".to_owned(), 422).await;
    check("resourceVersion=0&resourceVersionMatch=Exact".to_owned(), 422).await;
    check("resourceVersion=1&resourceVersionMatch=Other".to_owned(), 422).await;
    check("sendInitialEvents=true".to_owned(), 422).await;
    check("resourceVersion=x".to_owned(), 400).await;
    check("limit=x".to_owned(), 400).await;
    check("continue=x".to_owned(), 400).await;
    let future = check(format!("resourceVersion={}", last + 1_000), 504).await.json();
    assert_eq!(future["reason"], "Timeout");
    assert_eq!(future["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
    assert_eq!(future["details"]["retryAfterSeconds"], 1);
}

#[tokio::test(start_paused = true)]
async fn an_object_is_at_least_as_new_as_its_reader_asks() {
    let server = Fixture::new().await;
    let made = create(&server, &["a"]).await;
    let ask = async |version: u64| {
        server.get(&format!("{CONFIG_MAPS}/a?resourceVersion={version}")).await
    };
    ask(0).await.expect(200);
    ask(made).await.expect(200);
    let message = ask(made + 1_000).await.failure(504, "Timeout");
    assert!(message.contains("Too large resource version"), "{message}");
    server.get(&format!("{CONFIG_MAPS}/a?resourceVersion=x")).await.failure(400, "BadRequest");
}

#[tokio::test]
async fn the_root_says_which_paths_there_are() {
    let server = Fixture::new().await;
    let index = server.get("/").await.expect(200);
    let paths: Vec<&str> =
        index["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    assert!(paths.is_sorted(), "{paths:?}");
    for path in ["/api/v1", "/apis", "/apis/apps", "/apis/autoscaling/v2", "/version", "/livez"] {
        assert!(paths.contains(&path), "{path}");
    }
    for path in paths {
        assert_eq!(server.get(path).await.code, 200, "{path}");
    }
}

#[tokio::test]
async fn a_long_list_has_its_length() {
    let server = Fixture::new().await;
    let data = "x".repeat(60_000);
    for name in ["a", "b", "c", "d", "e"] {
        server.post(CONFIG_MAPS, &config_map(name, json!({"k": data}))).await.expect(201);
    }
    let response = tower::ServiceExt::oneshot(
        server.service(crate::User::admin()),
        http::Request::get(CONFIG_MAPS)
            .body(http_body_util::Full::<bytes::Bytes>::default())
            .unwrap(),
    );
    let body = response.await.unwrap().into_body();
    let exact = http_body::Body::size_hint(&body).exact().unwrap();
    let bytes = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
    assert_eq!(bytes.len() as u64, exact);
    let list: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(names(&list).len(), 5);
}
