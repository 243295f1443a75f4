use http::Method;
use serde_json::json;

use super::*;

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const METADATA: &str =
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";

#[tokio::test]
async fn objects_are_shown_as_a_table() {
    let server = Fixture::new().await;
    server.post(CONFIG_MAPS, &config_map("a", json!({"k": "1", "l": "2"}))).await.expect(201);
    let accept = [("accept", TABLE)];
    let table = server.ask(Method::GET, CONFIG_MAPS, &accept, "").await.expect(200);
    assert_eq!((&table["kind"], &table["apiVersion"]), (&"Table".into(), &"meta.k8s.io/v1".into()));
    assert_eq!(table["columnDefinitions"][0]["name"], "Name");
    let row = &table["rows"][0];
    assert_eq!(row["cells"][0], "a");
    assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
    assert_eq!(row["object"].get("data"), None);
    let path = format!("{CONFIG_MAPS}?includeObject=Object");
    let table = server.ask(Method::GET, &path, &accept, "").await.expect(200);
    assert_eq!(table["rows"][0]["object"]["data"]["k"], "1");
    let path = format!("{CONFIG_MAPS}?includeObject=None");
    let table = server.ask(Method::GET, &path, &accept, "").await.expect(200);
    assert_eq!(table["rows"][0].get("object"), None);
    let one = server.ask(Method::GET, &format!("{CONFIG_MAPS}/a"), &accept, "").await.expect(200);
    assert_eq!(one["rows"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn metadata_alone_is_shown() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let accept = [("accept", METADATA)];
    let list = server.ask(Method::GET, CONFIG_MAPS, &accept, "").await.expect(200);
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert_eq!(list["items"][0]["kind"], "PartialObjectMetadata");
    assert_eq!(names(&list), ["a"]);
}

#[tokio::test]
async fn watches_are_shown_in_the_same_forms() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let path = format!("{CONFIG_MAPS}?watch=1");
    let mut table = server.watch_as(&path, TABLE).await;
    let mut metadata = server.watch_as(&path, METADATA).await;
    let first = table.next().await.unwrap();
    assert_eq!(first["object"]["kind"], "Table");
    assert_eq!(first["object"]["rows"][0]["cells"][0], "a");
    assert!(!first["object"]["columnDefinitions"].as_array().unwrap().is_empty());
    assert_eq!(metadata.next().await.unwrap()["object"]["kind"], "PartialObjectMetadata");
    create(&server, &["b"]).await;
    let second = table.next().await.unwrap();
    assert_eq!(second["object"]["columnDefinitions"], json!([]));
    assert_eq!(metadata.brief().await, "ADDED b");
}

#[tokio::test]
async fn yaml_is_read_and_written() {
    let server = Fixture::new().await;
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: \"1\"\n";
    let headers = [("content-type", "application/yaml"), ("accept", "application/yaml")];
    let reply = server.ask(Method::POST, CONFIG_MAPS, &headers, yaml).await;
    assert_eq!(reply.code, 201);
    assert_eq!(reply.headers["content-type"], "application/yaml");
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(text.contains("kind: ConfigMap\n") && text.contains("name: a\n"), "{text}");
    let pretty = server.get(&format!("{CONFIG_MAPS}/a?pretty=true")).await;
    assert!(pretty.body.starts_with(b"{\n  \""));
}

#[tokio::test]
async fn an_event_is_one_object_in_two_apis() {
    let server = Fixture::new().await;
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"},
        "message": "text", "reason": "Because", "type": "Normal",
    });
    let created = server.post("/api/v1/namespaces/default/events", &event).await.expect(201);
    let path = "/apis/events.k8s.io/v1/namespaces/default/events";
    let other = server.get(&format!("{path}/e")).await.expect(200);
    assert_eq!(other["apiVersion"], "events.k8s.io/v1");
    assert_eq!(other["regarding"]["name"], "p");
    assert_eq!(other["note"], "text");
    assert_eq!(other["metadata"]["uid"], created["metadata"]["uid"]);
    let list = server.get(path).await.expect(200);
    assert_eq!(list["items"][0]["note"], "text");
    let mut watch = server.watch(&format!("{path}?watch=1")).await;
    assert_eq!(watch.next().await.unwrap()["object"]["note"], "text");
    let selected = "fieldSelector=regarding.name%3Dp,type!%3DWarning";
    assert_eq!(names(&server.get(&format!("{path}?{selected}")).await.expect(200)), ["e"]);
    let selected = "fieldSelector=involvedObject.name%3Dp,involvedObject.kind%3DPod";
    let list =
        server.get(&format!("/api/v1/namespaces/default/events?{selected}")).await.expect(200);
    assert_eq!(names(&list), ["e"]);
}

/// Its fields are read from the stored object, one by one.
#[tokio::test]
async fn a_view_is_listed_and_watched_by_its_own_fields() {
    let server = Fixture::new().await;
    let events = "/api/v1/namespaces/default/events";
    let event = |name: &str, pod: &str| {
        json!({
            "apiVersion": "v1", "kind": "Event", "metadata": {"name": name},
            "involvedObject": {"kind": "Pod", "name": pod, "namespace": "default"},
            "message": "text", "reason": "Because", "type": "Normal",
        })
    };
    for (name, pod) in [("a", "p"), ("b", "q"), ("c", "p"), ("d", "p")] {
        server.post(events, &event(name, pod)).await.expect(201);
    }
    let path = "/apis/events.k8s.io/v1/namespaces/default/events?fieldSelector=regarding.name%3Dp";
    let first = server.get(&format!("{path}&limit=2")).await.expect(200);
    assert_eq!(names(&first), ["a", "c"]);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let rest = server.get(&format!("{path}&limit=2&continue={token}")).await.expect(200);
    assert_eq!(names(&rest), ["d"]);

    let mut watch = server.watch(&format!("{path}&watch=1")).await;
    for name in ["a", "c", "d"] {
        assert_eq!(watch.brief().await, format!("ADDED {name}"));
    }
    server.post(events, &event("e", "q")).await.expect(201);
    server.post(events, &event("f", "p")).await.expect(201);
    server.delete(&format!("{events}/b"), &Value::Null).await.expect(200);
    server.delete(&format!("{events}/c"), &Value::Null).await.expect(200);
    assert_eq!(watch.brief().await, "ADDED f");
    assert_eq!(watch.brief().await, "DELETED c");
}

#[tokio::test]
async fn who_has_a_document_is_not_sent_it_again() {
    let server = Fixture::new().await;
    let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    for (path, accept) in [
        ("/apis", aggregated),
        ("/api", aggregated),
        ("/openapi/v2", "application/json"),
        ("/openapi/v3/apis/apps/v1", "application/json"),
    ] {
        let first = server.ask(Method::GET, path, &[("accept", accept)], "").await;
        let tag = first.headers["etag"].to_str().expect("text").to_owned();
        assert!(first.code == 200 && !first.body.is_empty(), "{path}");
        let known = [("accept", accept), ("if-none-match", tag.as_str())];
        let again = server.ask(Method::GET, path, &known, "").await;
        assert_eq!((again.code, again.body.len()), (304, 0), "{path}");
        assert_eq!(again.headers["etag"], tag);
        let old = [("accept", accept), ("if-none-match", "\"old\"")];
        assert_eq!(server.ask(Method::GET, path, &old, "").await.code, 200, "{path}");
    }
}

#[tokio::test]
async fn an_old_hash_leads_to_the_present_one() {
    let server = Fixture::new().await;
    let index = server.get("/openapi/v3").await.expect(200);
    let present = index["paths"]["apis/apps/v1"]["serverRelativeURL"].as_str().expect("a URL");
    let moved = server.get("/openapi/v3/apis/apps/v1?hash=OLD").await;
    assert_eq!((moved.code, moved.headers["location"].to_str().expect("text")), (301, present));
    assert_eq!(server.get(present).await.code, 200);
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_for_what_is_deprecated_is_told_so() {
    let server = Fixture::new().await;
    let told =
        "299 - \"v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\"";
    let endpoints = "/api/v1/namespaces/default/endpoints";
    let web = json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"}});
    assert_eq!(server.post(endpoints, &web).await.warnings(), [told]);
    for path in [endpoints, "/api/v1/namespaces/default/endpoints/web", "/api/v1/endpoints"] {
        assert_eq!(server.get(path).await.warnings(), [told], "{path}");
    }
    let statuses = server.get("/api/v1/componentstatuses").await;
    assert_eq!(statuses.warnings(), ["299 - \"v1 ComponentStatus is deprecated in v1.19+\""]);
    assert!(server.get("/api/v1/services").await.warnings().is_empty());
}
