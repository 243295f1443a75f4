use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use store::memory::Memory;
use store::{Page, Revision, Store};

use crate::testing::{Fixture, Meddle, Meddled};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const TABS: &str = "/apis/example.com/v1/namespaces/default/crontabs";

/// A definition with one version.
fn definition(spec: Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "crontabs.example.com" },
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": { "plural": "crontabs", "kind": "CronTab", "shortNames": ["ct"] },
            "versions": [{ "name": "v1", "served": true, "storage": true,
                "schema": { "openAPIV3Schema": { "type": "object", "properties": { "spec": spec } } } }],
        },
    })
}

fn of_replicas() -> Value {
    definition(json!({ "type": "object", "properties": {
        "replicas": { "type": "integer", "minimum": 1, "default": 2 }, "image": { "type": "string" } } }))
}

fn tab(name: &str, spec: Value) -> Value {
    json!({ "apiVersion": "example.com/v1", "kind": "CronTab", "metadata": { "name": name }, "spec": spec })
}

fn condition<'a>(definition: &'a Value, name: &str) -> &'a Value {
    let conditions = definition["status"]["conditions"].as_array().unwrap();
    conditions.iter().find(|condition| condition["type"] == name).unwrap_or(&Value::Null)
}

/// Waits until a definition is as wanted.
async fn until(server: &Fixture, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let path = format!("{DEFINITIONS}?watch=true&fieldSelector=metadata.name%3D{name}");
    let mut watch = server.watch(&path).await;
    loop {
        let event = watch.next().await.unwrap();
        if wanted(&event["object"]) || event["type"] == "DELETED" {
            return event["object"].clone();
        }
    }
}

#[tokio::test]
async fn a_kind_is_served_as_soon_as_its_definition_is_written() {
    let server = Fixture::new().await;
    server.get(TABS).await.failure(404, "NotFound");
    server.post(DEFINITIONS, &of_replicas()).await.expect(201);
    let created = server.post(TABS, &tab("a", json!({ "image": "x", "odd": 1 }))).await;
    assert_eq!(created.warnings(), ["299 - \"unknown field \\\"spec.odd\\\"\""]);
    let created = created.expect(201);
    assert_eq!(created["spec"], json!({ "image": "x", "replicas": 2 }));
    assert_eq!(created["metadata"]["generation"], 1);
    let established = until(&server, "crontabs.example.com", |definition| {
        condition(definition, "Established")["status"] == "True"
    });
    let established = established.await;
    assert_eq!(condition(&established, "NamesAccepted")["reason"], "NoConflicts");
    assert_eq!(established["status"]["acceptedNames"]["plural"], "crontabs");
    let list = server.get(TABS).await.expect(200);
    assert_eq!(
        (&list["kind"], list["items"].as_array().unwrap().len()),
        (&"CronTabList".into(), 1)
    );
}

#[tokio::test]
async fn values_are_checked_and_a_version_is_asked_for() {
    let server = Fixture::new().await;
    server.post(DEFINITIONS, &of_replicas()).await.expect(201);
    let message =
        server.post(TABS, &tab("a", json!({ "replicas": 0 }))).await.failure(422, "Invalid");
    assert_eq!(
        message,
        "CronTab.example.com \"a\" is invalid: spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1"
    );
    server.post(TABS, &tab("a", json!({}))).await.expect(201);
    let path = format!("{TABS}/a");
    let message = server.put(&path, &tab("a", json!({}))).await.failure(422, "Invalid");
    assert!(
        message.contains(
            "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
        )
    );
    let strategic = server.patch(&path, "strategic-merge", &json!({ "spec": {} })).await;
    strategic.failure(415, "UnsupportedMediaType");
    let merged =
        server.patch(&path, "merge", &json!({ "spec": { "replicas": 5 } })).await.expect(200);
    assert_eq!(
        (&merged["spec"]["replicas"], &merged["metadata"]["generation"]),
        (&5.into(), &2.into())
    );
    let applied = server.apply(&path, "me", &tab("a", json!({ "image": "y" }))).await.expect(200);
    assert_eq!(applied["spec"], json!({ "replicas": 5, "image": "y" }));
}

#[tokio::test]
async fn a_changed_schema_counts_at_once_for_old_objects_too() {
    let server = Fixture::new().await;
    server.post(DEFINITIONS, &of_replicas()).await.expect(201);
    server.post(TABS, &tab("a", json!({ "image": "x" }))).await.expect(201);
    let path = format!("{DEFINITIONS}/crontabs.example.com");
    let schema = json!({ "spec": { "versions": [{ "name": "v1", "served": true, "storage": true,
        "schema": { "openAPIV3Schema": { "type": "object", "properties": { "spec": { "type": "object", "properties": {
            "replicas": { "type": "integer" }, "color": { "type": "string", "default": "red" } } } } } } }] } });
    server.patch(&path, "merge", &schema).await.expect(200);
    let read = server.get(&format!("{TABS}/a")).await.expect(200);
    assert_eq!(read["spec"], json!({ "replicas": 2, "color": "red" }));
}

#[tokio::test]
async fn versions_show_the_same_objects_under_their_own_names() {
    let server = Fixture::new().await;
    let mut definition = of_replicas();
    let mut v2 = definition["spec"]["versions"][0].clone();
    v2["name"] = "v2".into();
    v2["storage"] = false.into();
    v2["additionalPrinterColumns"] =
        json!([{ "name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas" }]);
    definition["spec"]["versions"].as_array_mut().unwrap().push(v2);
    server.post(DEFINITIONS, &definition).await.expect(201);
    let v2 = TABS.replace("/v1/", "/v2/");
    let mut watch = server.watch(&format!("{v2}?watch=true")).await;
    server.post(TABS, &tab("a", json!({}))).await.expect(201);
    let event = watch.next().await.unwrap();
    assert_eq!(
        (&event["type"], &event["object"]["apiVersion"]),
        (&"ADDED".into(), &"example.com/v2".into())
    );
    let read = server.get(&format!("{v2}/a")).await.expect(200);
    assert_eq!(read["apiVersion"], "example.com/v2");
    let list = server.get(&v2).await.expect(200);
    assert_eq!(list["apiVersion"], "example.com/v2");
    // Built-in objects do not say in a list what they are; custom resources do.
    let item = &list["items"][0];
    assert_eq!((&item["apiVersion"], &item["kind"]), (&json!("example.com/v2"), &json!("CronTab")));
    let mut second = tab("b", json!({ "replicas": 7 }));
    second["apiVersion"] = "example.com/v2".into();
    server.post(&v2, &second).await.expect(201);
    assert_eq!(server.get(&format!("{TABS}/b")).await.expect(200)["apiVersion"], "example.com/v1");
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
    let table = server.ask(http::Method::GET, &v2, &accept, "").await.expect(200);
    assert_eq!(table["rows"][1]["cells"], json!(["b", 7]));
    let group = server.get("/apis/example.com").await.expect(200);
    assert_eq!(group["preferredVersion"]["version"], "v2");
}

#[tokio::test]
async fn versions_with_schemas_of_their_own_show_and_keep_what_theirs_know() {
    let store = Arc::new(Memory::default());
    let server = Fixture::over(Arc::clone(&store)).await;
    let mut definition = of_replicas();
    let mut v2 = definition["spec"]["versions"][0].clone();
    v2["name"] = "v2".into();
    v2["storage"] = false.into();
    v2["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"] =
        json!({ "image": { "type": "string" }, "color": { "type": "string", "default": "red" } });
    definition["spec"]["versions"].as_array_mut().unwrap().push(v2);
    server.post(DEFINITIONS, &definition).await.expect(201);
    let v2 = TABS.replace("/v1/", "/v2/");
    let mut watch = server.watch(&format!("{v2}?watch=true")).await;
    server.post(TABS, &tab("a", json!({ "image": "x", "replicas": 3 }))).await.expect(201);
    let shown = json!({ "image": "x", "color": "red" });
    assert_eq!(watch.next().await.unwrap()["object"]["spec"], shown);
    assert_eq!(server.get(&format!("{v2}/a")).await.expect(200)["spec"], shown);
    assert_eq!(server.get(&v2).await.expect(200)["items"][0]["spec"], shown);

    let mut second = tab("b", json!({ "image": "y", "color": "blue" }));
    second["apiVersion"] = "example.com/v2".into();
    server.post(&v2, &second).await.expect(201);
    let stored = json!({ "image": "y", "replicas": 2 });
    assert_eq!(server.get(&format!("{TABS}/b")).await.expect(200)["spec"], stored);
    // Neither does it come back, nor does anything else change, once the server starts anew.
    let server = Fixture::over(store).await;
    assert_eq!(server.get(&format!("{TABS}/b")).await.expect(200)["spec"], stored);
    let shown = json!({ "image": "y", "color": "red" });
    assert_eq!(server.get(&format!("{v2}/b")).await.expect(200)["spec"], shown);
}

#[tokio::test]
async fn what_go_writes_for_nothing_is_taken_for_nothing() {
    let server = Fixture::new().await;
    let mut wanted = of_replicas();
    let version = &mut wanted["spec"]["versions"][0];
    version["subresources"] = json!({ "status": {} });
    version["schema"]["openAPIV3Schema"]["properties"]["status"] = json!({ "type": "object",
        "properties": { "conditions": { "type": "array", "items": { "type": "object" } } } });
    server.post(DEFINITIONS, &wanted).await.expect(201);
    let made = server.post(TABS, &tab("a", json!({ "image": null, "replicas": null }))).await;
    assert_eq!(made.warnings(), Vec::<String>::new());
    let mut made = made.expect(201);
    assert_eq!(made["spec"], json!({ "replicas": 2 }));
    made["status"] = json!({ "conditions": null });
    let put = server.put(&format!("{TABS}/a/status"), &made).await.expect(200);
    assert_eq!(put["status"], json!({}));
}

#[tokio::test]
async fn an_apply_to_a_status_is_about_the_status_alone() {
    let server = Fixture::new().await;
    let mut wanted = of_replicas();
    let version = &mut wanted["spec"]["versions"][0];
    version["subresources"] = json!({ "status": {} });
    version["schema"]["openAPIV3Schema"]["properties"]["status"] =
        json!({ "type": "object", "properties": { "phase": { "type": "string" } } });
    server.post(DEFINITIONS, &wanted).await.expect(201);
    let labelled = |value: &str| {
        let mut tab = tab("a", json!({}));
        tab["metadata"]["labels"] = json!({ "tier": value });
        tab
    };
    server.apply(&format!("{TABS}/a"), "ann", &labelled("front")).await.expect(201);
    let mut status = labelled("back");
    status["status"] = json!({ "phase": "On" });
    let applied = server.apply(&format!("{TABS}/a/status"), "bob", &status).await.expect(200);
    assert_eq!(applied["metadata"]["labels"], json!({ "tier": "front" }));
    let owners = applied["metadata"]["managedFields"].as_array().unwrap();
    let bob = owners.iter().find(|entry| entry["manager"] == "bob").unwrap();
    assert_eq!(bob["fieldsV1"], json!({ "f:status": { "f:phase": {} } }));
}

#[tokio::test]
async fn subresources_and_scale_work() {
    let server = Fixture::new().await;
    let mut definition = of_replicas();
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"] =
        json!({ "type": "object", "properties": { "replicas": { "type": "integer" } } });
    definition["spec"]["versions"][0]["subresources"] = json!({ "status": {}, "scale": {
        "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas" } });
    server.post(DEFINITIONS, &definition).await.expect(201);
    let mut object = tab("a", json!({}));
    object["status"] = json!({ "replicas": 9 });
    assert_eq!(server.post(TABS, &object).await.expect(201).get("status"), None);
    let path = format!("{TABS}/a");
    let status = json!({ "status": { "replicas": 1 }, "spec": { "replicas": 8 } });
    let changed = server.patch(&format!("{path}/status"), "merge", &status).await.expect(200);
    assert_eq!(
        (&changed["spec"]["replicas"], &changed["status"]["replicas"]),
        (&2.into(), &1.into())
    );
    assert_eq!(changed["metadata"]["generation"], 1);
    let scale = server.get(&format!("{path}/scale")).await.expect(200);
    assert_eq!((&scale["spec"]["replicas"], &scale["status"]["replicas"]), (&2.into(), &1.into()));
    let wanted = json!({ "spec": { "replicas": 6 } });
    server.patch(&format!("{path}/scale"), "merge", &wanted).await.expect(200);
    assert_eq!(server.get(&path).await.expect(200)["spec"]["replicas"], 6);
}

#[tokio::test]
async fn a_status_is_put_over_a_version_that_was_seen() {
    let server = Fixture::new().await;
    let mut wanted = of_replicas();
    wanted["spec"]["versions"][0]["subresources"] = json!({ "status": {} });
    server.post(DEFINITIONS, &wanted).await.expect(201);
    let made = server.post(TABS, &tab("a", json!({}))).await.expect(201);
    let path = format!("{TABS}/a/status");
    let blind = server.put(&path, &tab("a", json!({}))).await;
    assert_eq!(
        blind.failure(422, "Invalid"),
        "crontabs.example.com \"a\" is invalid: metadata.resourceVersion: Invalid value: 0: must be \
         specified for an update"
    );
    server.put(&path, &made).await.expect(200);
    server.put(&format!("{TABS}/b/status"), &tab("b", json!({}))).await.failure(404, "NotFound");
}

#[tokio::test]
async fn an_object_that_says_nothing_of_replicas_has_no_scale_until_it_is_given_one() {
    let server = Fixture::new().await;
    let mut definition = definition(
        json!({ "type": "object", "properties": { "replicas": { "type": "integer" } } }),
    );
    definition["spec"]["versions"][0]["subresources"] = json!({ "scale": {
        "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas" } });
    server.post(DEFINITIONS, &definition).await.expect(201);
    server.post(TABS, &tab("a", json!({}))).await.expect(201);
    let scale = format!("{TABS}/a/scale");
    assert_eq!(
        server.get(&scale).await.failure(500, "InternalError"),
        "Internal error occurred: the spec replicas field \".spec.replicas\" does not exist"
    );
    let wanted = json!({ "spec": { "replicas": 6 } });
    server.patch(&scale, "merge", &wanted).await.expect(200);
    assert_eq!(server.get(&scale).await.expect(200)["spec"]["replicas"], 6);
}

#[tokio::test]
async fn what_a_delete_of_many_answers_with_says_what_it_is() {
    let server = Fixture::new().await;
    server.post(DEFINITIONS, &of_replicas()).await.expect(201);
    server.post(TABS, &tab("a", json!({}))).await.expect(201);
    let deleted = server.delete(TABS, &Value::Null).await.expect(200);
    assert_eq!(deleted["kind"], "CronTabList");
    let item = &deleted["items"][0];
    assert_eq!((&item["kind"], &item["apiVersion"]), (&json!("CronTab"), &json!("example.com/v1")));
}

#[tokio::test]
async fn a_definition_goes_after_its_objects() {
    let server = Fixture::new().await;
    server.post(DEFINITIONS, &of_replicas()).await.expect(201);
    let mut held = tab("held", json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    server.post(TABS, &held).await.expect(201);
    server.post(TABS, &tab("free", json!({}))).await.expect(201);
    let path = format!("{DEFINITIONS}/crontabs.example.com");
    let going = server.delete(&path, &Value::Null).await.expect(200);
    assert_eq!(
        going["metadata"]["finalizers"],
        json!(["customresourcecleanup.apiextensions.k8s.io"])
    );
    let terminating = until(&server, "crontabs.example.com", |definition| {
        condition(definition, "Terminating")["status"] == "True"
    });
    terminating.await;
    assert_eq!(
        server.post(TABS, &tab("late", json!({}))).await.failure(405, "MethodNotAllowed"),
        "create not allowed while custom resource definition is terminating"
    );
    // Watched from before its end: of what is gone already, a watch says nothing.
    let end =
        format!("{DEFINITIONS}?watch=true&fieldSelector=metadata.name%3Dcrontabs.example.com");
    let mut end = server.watch(&end).await;
    let release = json!({ "metadata": { "finalizers": null } });
    server.patch(&format!("{TABS}/held"), "merge", &release).await.expect(200);
    while end.next().await.unwrap()["type"] != "DELETED" {}
    // Written later, it is taken in later.
    let mut other = of_replicas();
    other["metadata"]["name"] = "others.example.org".into();
    other["spec"]["group"] = "example.org".into();
    other["spec"]["names"] = json!({ "plural": "others", "kind": "Other" });
    server.post(DEFINITIONS, &other).await.expect(201);
    server.get(TABS).await.failure(404, "NotFound");
    server.get("/apis/example.com").await.failure(404, "NotFound");
}

/// Waits until a definition and its objects are gone, which `last` sets going.
async fn until_gone(server: &Fixture, last: impl AsyncFnOnce()) {
    let path = format!("{DEFINITIONS}?watch=true");
    let mut watch = server.watch(&path).await;
    last().await;
    while watch.next().await.unwrap()["type"] != "DELETED" {}
    assert_eq!(server.get(TABS).await.code, 404);
}

#[tokio::test]
async fn a_definition_that_changes_while_it_goes_goes_nonetheless() {
    let server = Fixture::new().await;
    server.post(DEFINITIONS, &of_replicas()).await.expect(201);
    let mut held = tab("held", json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    server.post(TABS, &held).await.expect(201);
    let path = format!("{DEFINITIONS}/crontabs.example.com");
    server.delete(&path, &Value::Null).await.expect(200);
    let going = |held: &Value| !held["metadata"]["deletionTimestamp"].is_null();
    let mut tabs = server.watch(&format!("{TABS}?watch=true")).await;
    while !going(&tabs.next().await.unwrap()["object"]) {}
    let other = json!({ "spec": { "names": { "shortNames": ["crt"] } } });
    server.patch(&path, "merge", &other).await.expect(200);
    let release = json!({ "metadata": { "finalizers": null } });
    until_gone(&server, async || {
        server.patch(&format!("{TABS}/held"), "merge", &release).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_asked_when_the_objects_of_a_definition_go_with_it() {
    let server = Fixture::new().await;
    server.post(DEFINITIONS, &of_replicas()).await.expect(201);
    server.post(TABS, &tab("a", json!({}))).await.expect(201);
    let left_behind = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": "left-behind" },
        "webhooks": [{ "name": "left.example.com", "failurePolicy": "Fail", "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "clientConfig": { "url": "https://127.0.0.1:1/" },
            "rules": [{ "apiGroups": ["example.com"], "apiVersions": ["*"], "resources": ["*"],
                "operations": ["DELETE"] }] }],
    });
    let webhooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
    server.post(webhooks, &left_behind).await.expect(201);
    server.delete(&format!("{TABS}/a"), &Value::Null).await.failure(500, "InternalError");
    until_gone(&server, async || {
        let path = format!("{DEFINITIONS}/crontabs.example.com");
        server.delete(&path, &Value::Null).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_list_that_goes_on_in_the_past_has_the_fields_of_today() {
    let server = Fixture::new().await;
    let plain = definition(json!({ "type": "object", "properties": {
        "image": { "type": "string" } } }));
    server.post(DEFINITIONS, &plain).await.expect(201);
    for name in ["a", "b"] {
        server.post(TABS, &tab(name, json!({ "image": "x" }))).await.expect(201);
    }
    let first = server.get(&format!("{TABS}?limit=1")).await.expect(200);
    let schema = &of_replicas()["spec"]["versions"];
    let path = format!("{DEFINITIONS}/crontabs.example.com");
    server.patch(&path, "merge", &json!({ "spec": { "versions": schema } })).await.expect(200);
    let rest = first["metadata"]["continue"].as_str().unwrap();
    let second = server.get(&format!("{TABS}?limit=1&continue={rest}")).await.expect(200);
    assert_eq!(second["items"][0]["spec"], json!({ "image": "x", "replicas": 2 }));
}

/// Keeps tabs from being read while it is shut.
#[derive(Debug)]
struct Gate(AtomicBool);

#[async_trait::async_trait]
impl Meddle for Gate {
    async fn list(
        &self,
        store: &Memory,
        keys: Range<String>,
        at: Option<Revision>,
        limit: usize,
    ) -> Result<Page, store::Error> {
        if keys.start.contains("crontabs") && self.0.load(Ordering::Relaxed) {
            let (key, reason) = (keys.start, "the key is gone".to_owned());
            return Err(store::Error::Unreadable { key, reason });
        }
        store.list(keys, at, limit).await
    }
}

#[tokio::test(start_paused = true)]
async fn objects_that_cannot_be_read_hold_up_no_other_definition() {
    let by = Gate(AtomicBool::new(true));
    let gate = Arc::new(Meddled { store: Memory::default(), by });
    let server = Fixture::plain(Arc::<Meddled<_>>::clone(&gate), Arc::new(crate::NoNodes)).await;
    server.post(DEFINITIONS, &of_replicas()).await.expect(201);
    server.get(TABS).await.failure(404, "NotFound");
    let mut other = of_replicas();
    other["metadata"]["name"] = "others.example.org".into();
    other["spec"]["group"] = "example.org".into();
    other["spec"]["names"] = json!({ "plural": "others", "kind": "Other" });
    server.post(DEFINITIONS, &other).await.expect(201);
    server.get("/apis/example.org/v1/others").await.expect(200);
    gate.by.0.store(false, Ordering::Relaxed);
    let served = until(&server, "crontabs.example.com", |definition| {
        condition(definition, "Established")["status"] == "True"
    });
    served.await;
    server.get(TABS).await.expect(200);
}

#[tokio::test]
async fn a_name_in_use_is_refused_until_it_is_free() {
    let server = Fixture::new().await;
    server.post(DEFINITIONS, &of_replicas()).await.expect(201);
    let mut rival = of_replicas();
    rival["metadata"]["name"] = "others.example.com".into();
    rival["spec"]["names"] = json!({ "plural": "others", "kind": "CronTab" });
    server.post(DEFINITIONS, &rival).await.expect(201);
    let refused = until(&server, "others.example.com", |definition| {
        condition(definition, "NamesAccepted")["status"] == "False"
    });
    let refused = refused.await;
    assert_eq!(condition(&refused, "NamesAccepted")["reason"], "ListKindConflict");
    assert_eq!(condition(&refused, "Established")["reason"], "NotAccepted");
    server.get("/apis/example.com/v1/others").await.failure(404, "NotFound");
    server.delete(&format!("{DEFINITIONS}/crontabs.example.com"), &Value::Null).await.expect(200);
    let accepted = until(&server, "others.example.com", |definition| {
        condition(definition, "Established")["status"] == "True"
    });
    accepted.await;
    server.get("/apis/example.com/v1/others").await.expect(200);
}

#[tokio::test]
async fn definitions_are_served_after_a_restart() {
    let store = Arc::new(Memory::default());
    let first = Fixture::over(Arc::clone(&store)).await;
    first.post(DEFINITIONS, &of_replicas()).await.expect(201);
    first.post(TABS, &tab("a", json!({}))).await.expect(201);
    let second = Fixture::over(store).await;
    assert_eq!(second.get(TABS).await.expect(200)["items"][0]["metadata"]["name"], "a");
}

#[tokio::test]
async fn openapi_and_discovery_know_a_kind_at_once() {
    let server = Fixture::new().await;
    let index = server.get("/openapi/v3").await.expect(200);
    assert_eq!(index["paths"].get("apis/example.com/v1"), None);
    server.post(DEFINITIONS, &of_replicas()).await.expect(201);
    let url = |index: &Value| {
        index["paths"]["apis/example.com/v1"]["serverRelativeURL"].as_str().unwrap().to_owned()
    };
    let before = url(&server.get("/openapi/v3").await.expect(200));
    let document = server.get(&before).await.expect(200);
    let schema = &document["components"]["schemas"]["com.example.v1.CronTab"];
    assert_eq!(schema["x-kubernetes-group-version-kind"][0]["kind"], "CronTab");
    assert_eq!(schema["properties"]["spec"]["properties"]["replicas"]["minimum"], 1);
    let item = &document["paths"]["/apis/example.com/v1/namespaces/{namespace}/crontabs/{name}"];
    let patches = item["patch"]["requestBody"]["content"].as_object().unwrap();
    assert!(!patches.contains_key("application/strategic-merge-patch+json"));
    let resources = server.get("/apis/example.com/v1").await.expect(200);
    assert_eq!(resources["resources"][0]["shortNames"], json!(["ct"]));
    let path = format!("{DEFINITIONS}/crontabs.example.com");
    let more = json!({ "spec": { "versions": [{ "name": "v1", "served": true, "storage": true,
        "schema": { "openAPIV3Schema": { "type": "object" } } }] } });
    server.patch(&path, "merge", &more).await.expect(200);
    assert_ne!(url(&server.get("/openapi/v3").await.expect(200)), before);
}

#[tokio::test]
async fn a_selectable_field_selects() {
    let server = Fixture::new().await;
    let mut definition = of_replicas();
    definition["spec"]["versions"][0]["selectableFields"] = json!([{ "jsonPath": ".spec.image" }]);
    server.post(DEFINITIONS, &definition).await.expect(201);
    server.post(TABS, &tab("a", json!({ "image": "x" }))).await.expect(201);
    server.post(TABS, &tab("b", json!({ "image": "y" }))).await.expect(201);
    let list = server.get(&format!("{TABS}?fieldSelector=spec.image%3Dy")).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["metadata"]["name"], "b");
    server.get(&format!("{TABS}?fieldSelector=spec.odd%3Dy")).await.failure(400, "BadRequest");
}
