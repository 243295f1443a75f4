//! Objects are converted first, and selected then.

use super::*;

/// Both versions have fields to select by.
fn selectable(hook: &Hook, stored: &str) -> Value {
    let mut definition = definition(hook, stored);
    let versions = &mut definition["spec"]["versions"];
    versions[0]["selectableFields"] = json!([{ "jsonPath": ".spec.size" }]);
    versions[1]["selectableFields"] =
        json!([{ "jsonPath": ".spec.width" }, { "jsonPath": ".spec.color" }]);
    definition
}

/// A server with doors of these sizes, which are named after them.
async fn with_doors(hook: &Hook, sizes: &[&str]) -> Fixture {
    let server = Fixture::new().await;
    server.post(DEFINITIONS, &selectable(hook, "v1")).await.expect(201);
    for size in sizes {
        server.post(V1, &sized(size)).await.expect(201);
    }
    server
}

fn sized(size: &str) -> Value {
    door("v1", &format!("door-{size}"), json!({ "size": size }))
}

async fn resize(server: &Fixture, name: &str, size: &str) {
    let change = json!({ "spec": { "size": size } });
    server.patch(&format!("{V1}/door-{name}"), "merge", &change).await.expect(200);
}

fn names(list: &Value) -> String {
    let items = list["items"].as_array().unwrap().iter();
    let names = items.map(|item| item["metadata"]["name"].as_str().unwrap());
    names.map(|name| name.strip_prefix("door-").unwrap()).collect::<Vec<_>>().join(" ")
}

/// How many objects the hook was given.
fn given(hook: &Hook) -> usize {
    let objects =
        |(_, review): &(String, Value)| review["request"]["objects"].as_array().map(Vec::len);
    hook.asked().iter().filter_map(objects).sum()
}

const WIDE: &str = "fieldSelector=spec.width%3D4";
const NOT_WIDE: &str = "fieldSelector=spec.width!%3D4";
const LABELLED: &str = "labelSelector=wide%3Dyes";

#[tokio::test]
async fn fields_and_labels_are_those_of_the_version_asked_for() {
    let hook = hook().await;
    let server = with_doors(&hook, &["2x3", "4x5", "4x6", "5x6"]).await;
    let check = async |path: &str, query: &str, expected: &str| {
        let list = server.get(&format!("{path}?{query}")).await.expect(200);
        assert_eq!(names(&list), expected, "{path}?{query}");
    };
    check(V1, "fieldSelector=spec.size%3D4x5", "4x5").await;
    check(V1, LABELLED, "").await;
    assert_eq!(given(&hook), 0);
    check(V2, WIDE, "4x5 4x6").await;
    check(V2, NOT_WIDE, "2x3 5x6").await;
    check(V2, LABELLED, "4x5 4x6 5x6").await;
    check(V2, "labelSelector=!wide", "2x3").await;
    check(V2, &format!("{NOT_WIDE}&{LABELLED}"), "5x6").await;
    check(V2, "fieldSelector=spec.color%3Dred,metadata.name!%3Ddoor-4x5", "2x3 4x6 5x6").await;
    // Each state has been converted once.
    assert_eq!(given(&hook), 4);
    let unknown = server.get(&format!("{V2}?fieldSelector=spec.size%3D4x5")).await;
    assert_eq!(unknown.failure(400, "BadRequest"), "field label not supported: spec.size");

    let partial = [("accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")];
    let path = format!("{V2}?{WIDE}");
    let list = server.ask(http::Method::GET, &path, &partial, "").await.expect(200);
    assert_eq!(
        (&list["kind"], names(&list)),
        (&"PartialObjectMetadataList".into(), "4x5 4x6".into())
    );
    assert_eq!(list["items"][0]["metadata"]["labels"], json!({ "seen": "yes", "wide": "yes" }));
    let table = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
    let table = server.ask(http::Method::GET, &path, &table, "").await.expect(200);
    assert_eq!(table["rows"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn only_what_is_selected_is_deleted() {
    let hook = hook().await;
    let server = with_doors(&hook, &["2x3", "4x5", "5x6", "9x9"]).await;
    let gone =
        server.delete(&format!("{V2}?{NOT_WIDE}&{LABELLED}"), &Value::Null).await.expect(200);
    assert_eq!(names(&gone), "5x6 9x9");
    assert_eq!(names(&server.get(V1).await.expect(200)), "2x3 4x5");
}

#[tokio::test]
async fn a_limit_counts_what_is_selected_and_the_rest_is_of_the_same_moment() {
    let hook = hook().await;
    let server = with_doors(&hook, &["1x1", "4x2", "4x3", "5x4", "4x5", "5x6"]).await;
    let first = server.get(&format!("{V2}?{WIDE}&limit=2")).await.expect(200);
    assert_eq!(names(&first), "4x2 4x3");
    assert_eq!(first["metadata"].get("remainingItemCount"), None);
    let version = &first["metadata"]["resourceVersion"];
    resize(&server, "4x5", "9x5").await;
    resize(&server, "5x6", "4x6").await;
    let token = first["metadata"]["continue"].as_str().unwrap();
    let path = format!("{V2}?{WIDE}&limit=2&continue={token}");
    let rest = server.get(&path).await.expect(200);
    assert_eq!((names(&rest), &rest["metadata"]["resourceVersion"]), ("4x5".into(), version));
    assert_eq!(rest["metadata"].get("continue"), None);
    assert_eq!(rest["items"][0]["spec"]["width"], 4);
    assert_eq!(names(&server.get(&format!("{V2}?{WIDE}")).await.expect(200)), "4x2 4x3 5x6");
}

#[tokio::test]
async fn the_past_is_converted_as_well() {
    let (store, hook) = (Arc::new(store::memory::Memory::default()), hook().await);
    let server = Fixture::over(Arc::clone(&store)).await;
    server.post(DEFINITIONS, &selectable(&hook, "v1")).await.expect(201);
    for size in ["1x1", "4x2", "4x3", "5x4"] {
        server.post(V1, &sized(size)).await.expect(201);
    }
    let first = server.get(&format!("{V2}?{WIDE}&limit=1")).await.expect(200);
    resize(&server, "4x3", "3x3").await;
    // A second server over the same store knows no history of its own.
    let other = Fixture::over(store).await;
    let token = first["metadata"]["continue"].as_str().unwrap();
    let rest = other.get(&format!("{V2}?{WIDE}&continue={token}")).await.expect(200);
    assert_eq!(names(&rest), "4x3");
}

#[tokio::test]
async fn a_watch_tells_of_objects_that_begin_or_cease_to_be_selected() {
    let hook = hook().await;
    let server = with_doors(&hook, &["2x3", "4x5"]).await;
    let version = server.get(V2).await.expect(200)["metadata"]["resourceVersion"].clone();
    let mut by_field = server.watch(&format!("{V2}?watch=true&{WIDE}")).await;
    let mut by_label = server.watch(&format!("{V2}?watch=true&{LABELLED}")).await;
    for watch in [&mut by_field, &mut by_label] {
        assert_eq!(watch.brief().await, "ADDED door-4x5");
    }
    resize(&server, "2x3", "4x3").await;
    resize(&server, "4x5", "9x5").await;
    resize(&server, "4x5", "1x5").await;
    resize(&server, "2x3", "4x4").await;
    server.delete(&format!("{V1}/door-2x3"), &json!({})).await.expect(200);
    let since = version.as_str().unwrap();
    let resumed = format!("{V2}?watch=true&resourceVersion={since}&{WIDE}");
    let mut resumed = server.watch(&resumed).await;
    for watch in [&mut by_field, &mut resumed] {
        assert_eq!(watch.brief().await, "ADDED door-2x3");
        let left = watch.next().await.unwrap();
        assert_eq!(
            (&left["type"], &left["object"]["spec"]["width"]),
            (&"DELETED".into(), &4.into())
        );
        assert_ne!(left["object"]["metadata"]["resourceVersion"], version);
        assert_eq!(watch.brief().await, "MODIFIED door-2x3");
        assert_eq!(watch.brief().await, "DELETED door-2x3");
    }
    for expected in [
        "ADDED door-2x3",
        "MODIFIED door-4x5",
        "DELETED door-4x5",
        "MODIFIED door-2x3",
        "DELETED door-2x3",
    ] {
        assert_eq!(by_label.brief().await, expected);
    }
    // Six states there were, each for all.
    assert_eq!(given(&hook), 6);
}

#[tokio::test]
async fn metadata_is_watched_by_converted_labels() {
    let hook = hook().await;
    let server = with_doors(&hook, &["2x3"]).await;
    let partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    let mut watch = server.watch_as(&format!("{V2}?watch=true&{LABELLED}"), partial).await;
    resize(&server, "2x3", "4x3").await;
    let event = watch.next().await.unwrap();
    assert_eq!(
        (&event["type"], &event["object"]["kind"]),
        (&"ADDED".into(), &"PartialObjectMetadata".into())
    );
    assert_eq!(event["object"]["metadata"]["labels"], json!({ "seen": "yes", "wide": "yes" }));
}

#[tokio::test]
async fn what_was_stored_in_an_older_version_is_selected_by_todays_fields() {
    let hook = hook().await;
    let server = with_doors(&hook, &["2x3", "4x5"]).await;
    let path = format!("{DEFINITIONS}/doors.example.com");
    let versions = selectable(&hook, "v2")["spec"]["versions"].clone();
    server.patch(&path, "merge", &json!({ "spec": { "versions": versions } })).await.expect(200);
    let new = door("v2", "door-4x6", json!({ "width": 4, "height": 6 }));
    server.post(V2, &new).await.expect(201);
    let mut watch = server.watch(&format!("{V2}?watch=true&{WIDE}")).await;
    assert_eq!(watch.brief().await, "ADDED door-4x5");
    assert_eq!(watch.brief().await, "ADDED door-4x6");
    for (path, query, expected) in [
        (V2, WIDE, "4x5 4x6"),
        (V2, NOT_WIDE, "2x3"),
        (V1, "fieldSelector=spec.size%3D4x5", "4x5"),
        (V1, "fieldSelector=spec.size!%3D4x5", "2x3 4x6"),
    ] {
        let list = server.get(&format!("{path}?{query}")).await.expect(200);
        assert_eq!(names(&list), expected, "{path}?{query}");
    }
    resize(&server, "2x3", "4x3").await;
    assert_eq!(watch.brief().await, "ADDED door-2x3");
}

#[tokio::test]
async fn nothing_is_selected_when_the_webhook_fails() {
    let broken = Arc::new(AtomicBool::new(false));
    let fails = Arc::clone(&broken);
    let hook = Hook::start(&["localhost"], move |_, review| {
        if fails.load(Ordering::Relaxed) {
            return Said::Status(500, "out of order");
        }
        Said::Json(answer(review, |object| object))
    })
    .await;
    let server = with_doors(&hook, &["2x3", "4x5"]).await;
    let path = format!("{V2}?watch=true&{WIDE}");
    let mut watch = server.watch(&path).await;
    assert_eq!(watch.brief().await, "ADDED door-4x5");
    broken.store(true, Ordering::Relaxed);
    server.post(V1, &sized("4x6")).await.expect(201);
    let failed = "conversion webhook for example.com/v1, Kind=Door failed: an error on the server \
                  (\"out of order\") has prevented the request from succeeding";
    let path_of_list = format!("{V2}?{WIDE}");
    assert_eq!(server.get(&path_of_list).await.failure(500, ""), failed);
    let event = server.watch(&path).await.next().await.unwrap();
    assert_eq!((&event["type"], &event["object"]["message"]), (&"ERROR".into(), &failed.into()));
    assert_eq!(server.delete(&path_of_list, &Value::Null).await.failure(500, ""), failed);
    // The watch says why it ends.
    let event = watch.next().await.unwrap();
    assert_eq!((&event["type"], &event["object"]["message"]), (&"ERROR".into(), &failed.into()));
    assert_eq!(watch.brief().await, "end");
    // By name it is known which objects need not be converted.
    let by_name = format!("{V2}?fieldSelector=metadata.name%3Ddoor-4x5");
    assert_eq!(names(&server.get(&by_name).await.expect(200)), "4x5");
    assert_eq!(names(&server.get(V1).await.expect(200)), "2x3 4x5 4x6");
}
