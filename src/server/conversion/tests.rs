//! A kind in two versions, of which a hook behind real TLS knows how they differ.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::testing::{Fixture, Hook, Said};

mod parameters;
mod selecting;

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const V1: &str = "/apis/example.com/v1/namespaces/default/doors";
const V2: &str = "/apis/example.com/v2/namespaces/default/doors";

/// `v1` has `spec.size: 2x3`, `v2` has `spec.width` and `spec.height`.
fn convert(object: &Value, wanted: &str) -> Value {
    let mut made = object.clone();
    made["apiVersion"] = wanted.into();
    made["spec"] = if wanted.ends_with("v2") {
        let size = object["spec"]["size"].as_str().unwrap_or("0x0");
        let (width, height) = size.split_once('x').unwrap();
        json!({ "width": width.parse::<u64>().unwrap(), "height": height.parse::<u64>().unwrap() })
    } else {
        json!({ "size": format!("{}x{}", object["spec"]["width"], object["spec"]["height"]) })
    };
    let labels = made["metadata"]["labels"].as_object_mut();
    labels.map(|labels| labels.remove("wide"));
    if made["spec"]["width"].as_u64().is_some_and(|width| width > 3) {
        made["metadata"]["labels"]["wide"] = "yes".into();
    }
    made["metadata"]["labels"]["seen"] = "yes".into();
    made["metadata"]["finalizers"] = json!(["example.com/never"]);
    made
}

fn answer(review: &Value, change: impl Fn(Value) -> Value) -> Value {
    let request = &review["request"];
    let wanted = request["desiredAPIVersion"].as_str().unwrap();
    let objects = request["objects"].as_array().unwrap();
    let objects: Vec<Value> =
        objects.iter().map(|object| change(convert(object, wanted))).collect();
    json!({ "apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview", "response": {
        "uid": request["uid"], "result": { "status": "Success" }, "convertedObjects": objects } })
}

async fn hook() -> Hook {
    Hook::start(&["localhost"], |_, review| Said::Json(answer(review, |object| object))).await
}

fn definition(hook: &Hook, stored: &str) -> Value {
    let version = |name: &str, spec: Value| {
        json!({ "name": name, "served": true, "storage": name == stored, "schema": { "openAPIV3Schema": {
            "type": "object", "properties": { "spec": { "type": "object", "properties": spec } } } } })
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "doors.example.com" },
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": { "plural": "doors", "kind": "Door" },
            "versions": [
                version("v1", json!({ "size": { "type": "string" } })),
                version("v2", json!({ "width": { "type": "integer" }, "height": { "type": "integer" },
                    "color": { "type": "string", "default": "red" } })),
            ],
            "conversion": { "strategy": "Webhook", "webhook": {
                "conversionReviewVersions": ["v1"],
                "clientConfig": { "url": format!("https://localhost:{}/convert", hook.port),
                    "caBundle": STANDARD.encode(&hook.authority) },
            } },
        },
    })
}

fn door(version: &str, name: &str, spec: Value) -> Value {
    json!({ "apiVersion": format!("example.com/{version}"), "kind": "Door", "metadata": { "name": name }, "spec": spec })
}

#[tokio::test]
async fn objects_are_read_and_written_in_every_version() {
    let (server, hook) = (Fixture::new().await, hook().await);
    server.post(DEFINITIONS, &definition(&hook, "v1")).await.expect(201);
    server.post(V1, &door("v1", "a", json!({ "size": "2x3" }))).await.expect(201);
    assert!(hook.asked().is_empty());
    let wide = json!({ "width": 2, "height": 3, "color": "red" });
    let read = server.get(&format!("{V2}/a")).await.expect(200);
    assert_eq!((&read["spec"], &read["apiVersion"]), (&wide, &"example.com/v2".into()));
    assert_eq!(read["metadata"]["labels"], json!({ "seen": "yes" }));
    assert_eq!(read["metadata"].get("finalizers"), None);
    // The same state in the same version is converted once.
    server.get(&format!("{V2}/a")).await.expect(200);
    assert_eq!(hook.asked().len(), 1);
    assert_eq!(hook.asked()[0].0, "/convert?timeout=30s");

    let made =
        server.post(V2, &door("v2", "b", json!({ "width": 4, "height": 5 }))).await.expect(201);
    assert_eq!(made["spec"], json!({ "width": 4, "height": 5, "color": "red" }));
    let stored = server.get(&format!("{V1}/b")).await.expect(200);
    assert_eq!(stored["spec"], json!({ "size": "4x5" }));
    let change = json!({ "spec": { "height": 9 } });
    let changed = server.patch(&format!("{V2}/b"), "merge", &change).await.expect(200);
    assert_eq!(changed["spec"]["height"], 9);
    assert_eq!(server.get(&format!("{V1}/b")).await.expect(200)["spec"]["size"], "4x9");
    let mut whole = server.get(&format!("{V2}/a")).await.expect(200);
    whole["spec"]["width"] = 7.into();
    server.put(&format!("{V2}/a"), &whole).await.expect(200);
    assert_eq!(server.get(&format!("{V1}/a")).await.expect(200)["spec"]["size"], "7x3");
    server.delete(&format!("{V2}/a"), &json!({})).await.expect(200);
    server.get(&format!("{V1}/a")).await.failure(404, "NotFound");
}

#[tokio::test]
async fn a_list_is_converted_in_one_question() {
    let (server, hook) = (Fixture::new().await, hook().await);
    server.post(DEFINITIONS, &definition(&hook, "v1")).await.expect(201);
    for name in ["a", "b", "c"] {
        server.post(V1, &door("v1", name, json!({ "size": "2x3" }))).await.expect(201);
    }
    let list = server.get(V2).await.expect(200);
    let widths: Vec<&Value> =
        list["items"].as_array().unwrap().iter().map(|item| &item["spec"]["width"]).collect();
    assert_eq!(widths, [2, 2, 2]);
    assert_eq!(hook.asked().len(), 1);
    assert_eq!(hook.asked()[0].1["request"]["objects"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn watches_see_every_event_in_their_version() {
    let (server, hook) = (Fixture::new().await, hook().await);
    server.post(DEFINITIONS, &definition(&hook, "v1")).await.expect(201);
    server.post(V1, &door("v1", "a", json!({ "size": "1x1" }))).await.expect(201);
    let mut watch = server.watch(&format!("{V2}?watch=true")).await;
    let mut other = server.watch(&format!("{V2}?watch=true")).await;
    assert_eq!(watch.next().await.unwrap()["object"]["spec"]["width"], 1);
    assert_eq!(other.next().await.unwrap()["object"]["spec"]["width"], 1);
    let change = json!({ "spec": { "size": "2x2" } });
    server.patch(&format!("{V1}/a"), "merge", &change).await.expect(200);
    for watch in [&mut watch, &mut other] {
        let event = watch.next().await.unwrap();
        assert_eq!(
            (&event["type"], &event["object"]["spec"]["width"]),
            (&"MODIFIED".into(), &2.into())
        );
    }
    assert_eq!(hook.asked().len(), 2);
    let before = server.get(&format!("{V2}/a")).await.expect(200);
    server.delete(&format!("{V1}/a"), &json!({})).await.expect(200);
    let event = watch.next().await.unwrap();
    assert_eq!((&event["type"], &event["object"]["spec"]["width"]), (&"DELETED".into(), &2.into()));
    assert_ne!(
        event["object"]["metadata"]["resourceVersion"],
        before["metadata"]["resourceVersion"]
    );
}

#[tokio::test]
async fn what_was_stored_in_an_older_version_is_converted_when_it_is_read() {
    let (server, hook) = (Fixture::new().await, hook().await);
    server.post(DEFINITIONS, &definition(&hook, "v1")).await.expect(201);
    server.post(V1, &door("v1", "a", json!({ "size": "2x3" }))).await.expect(201);
    let path = format!("{DEFINITIONS}/doors.example.com");
    let versions = definition(&hook, "v2")["spec"]["versions"].clone();
    server.patch(&path, "merge", &json!({ "spec": { "versions": versions } })).await.expect(200);
    let read = server.get(&format!("{V2}/a")).await.expect(200);
    assert_eq!(read["spec"], json!({ "width": 2, "height": 3, "color": "red" }));
    // The old version needs nobody.
    let asked = hook.asked().len();
    assert_eq!(server.get(&format!("{V1}/a")).await.expect(200)["spec"]["size"], "2x3");
    assert_eq!(hook.asked().len(), asked);
    let list = server.get(V2).await.expect(200);
    assert_eq!(list["items"][0]["spec"]["width"], 2);
    assert_eq!(list["items"][0]["apiVersion"], "example.com/v2");
}

#[tokio::test]
async fn an_update_without_change_stores_an_object_in_the_version_of_today() {
    let (server, hook) = (Fixture::new().await, hook().await);
    server.post(DEFINITIONS, &definition(&hook, "v1")).await.expect(201);
    server.post(V1, &door("v1", "a", json!({ "size": "2x3" }))).await.expect(201);
    let path = format!("{DEFINITIONS}/doors.example.com");
    let mut versions = definition(&hook, "v2")["spec"]["versions"].take();
    server.patch(&path, "merge", &json!({ "spec": { "versions": versions } })).await.expect(200);
    // What every migrator does.
    let seen = server.get(&format!("{V2}/a")).await.expect(200);
    let migrated = server.put(&format!("{V2}/a"), &seen).await.expect(200);
    let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
    assert_ne!(version(&migrated), version(&seen));
    assert_eq!(
        version(&server.put(&format!("{V2}/a"), &migrated).await.expect(200)),
        version(&migrated)
    );

    let stored = json!({ "status": { "storedVersions": ["v2"] } });
    server.patch(&format!("{path}/status"), "merge", &stored).await.expect(200);
    versions.as_array_mut().unwrap().remove(0);
    server.patch(&path, "merge", &json!({ "spec": { "versions": versions } })).await.expect(200);
    let asked = hook.asked().len();
    assert_eq!(server.get(&format!("{V2}/a")).await.expect(200)["spec"], seen["spec"]);
    assert_eq!(hook.asked().len(), asked, "nobody need know the old version any more");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_long_for_a_webhook_that_is_silent() {
    let hook = Hook::start(&["localhost"], |_, _| Said::Nothing).await;
    let server = Fixture::new().await;
    server.post(DEFINITIONS, &definition(&hook, "v1")).await.expect(201);
    server.post(V1, &door("v1", "a", json!({ "size": "2x3" }))).await.expect(201);
    let begun = tokio::time::Instant::now();
    let path = format!("{V2}/a");
    // More than are asked at a time.
    let answers = futures::future::join_all((0..100).map(|_| server.get(&path))).await;
    assert!(answers.iter().all(|answer| answer.code == 500));
    assert!(begun.elapsed() < std::time::Duration::from_secs(31), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn owners_of_fields_are_known_across_versions() {
    let (server, hook) = (Fixture::new().await, hook().await);
    server.post(DEFINITIONS, &definition(&hook, "v1")).await.expect(201);
    let path = format!("{V2}/a");
    let wish = door("v2", "a", json!({ "width": 4, "height": 5 }));
    server.apply(&path, "wide", &wish).await.expect(201);
    let conflict =
        server.apply(&format!("{V1}/a"), "old", &door("v1", "a", json!({ "size": "1x1" }))).await;
    let message = conflict.failure(409, "Conflict");
    assert!(message.contains("conflicts with \"wide\""), "{message}");
}

#[tokio::test]
async fn failures_are_told_in_the_words_of_kubernetes() {
    let broken = Arc::new(AtomicBool::new(false));
    let hook = {
        let broken = Arc::clone(&broken);
        Hook::start(&["localhost"], move |_, review| {
            if broken.load(Ordering::Relaxed) {
                return Said::Json(
                    json!({ "apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview",
                    "response": { "uid": review["request"]["uid"],
                        "result": { "status": "Failed", "message": "no such size" } } }),
                );
            }
            Said::Json(answer(review, |mut object| {
                object["metadata"]["name"] = "other".into();
                object
            }))
        })
        .await
    };
    let server = Fixture::new().await;
    server.post(DEFINITIONS, &definition(&hook, "v1")).await.expect(201);
    server.post(V1, &door("v1", "a", json!({ "size": "2x3" }))).await.expect(201);
    let path = format!("{V2}/a");
    assert_eq!(
        server.get(&path).await.failure(500, ""),
        "conversion webhook for example.com/v1, Kind=Door returned invalid object: must have the same name: a != other"
    );
    broken.store(true, Ordering::Relaxed);
    let failed = "conversion webhook for example.com/v1, Kind=Door failed: no such size";
    assert_eq!(server.get(&path).await.failure(500, ""), failed);
    assert_eq!(server.get(V2).await.failure(500, ""), failed);
    let made = server.post(V2, &door("v2", "b", json!({ "width": 1, "height": 1 }))).await;
    assert_eq!(
        made.failure(500, ""),
        "conversion webhook for example.com/v2, Kind=Door failed: no such size"
    );
    server.get(&format!("{V1}/b")).await.failure(404, "NotFound");
    // Who only wants to know what there is need not wait for a webhook that is gone.
    server.get(&format!("{V1}/a")).await.expect(200);
}
