//! Every write leaves its mark in `managedFields`.

use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{CONFIG_MAPS, PODS, config_map, pod, version};
use crate::User;
use crate::testing::Fixture;

fn owners(object: &Value) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let names = ["manager", "operation", "subresource"];
    entries.map(|entry| names.map(|name| text(entry, name)).join(" ").trim().to_owned()).collect()
}

#[tokio::test]
async fn a_writer_is_known_by_its_name_or_its_agent() {
    let server = Fixture::new().await;
    let agent = [("user-agent", "kubectl/v1.35.0 (linux/amd64)")];
    let body = config_map("a", json!({"k": "1"})).to_string();
    let created = server.ask(Method::POST, CONFIG_MAPS, &agent, body).await.expect(201);
    assert_eq!(owners(&created), ["kubectl Update"]);
    let path = format!("{CONFIG_MAPS}/a?fieldManager=me");
    let changed = config_map("a", json!({"k": "2"}));
    let changed = server.ask(Method::PUT, &path, &agent, changed.to_string()).await.expect(200);
    assert_eq!(owners(&changed), ["kubectl Update", "me Update"]);
    assert_eq!(changed["metadata"]["managedFields"][1]["fieldsV1"], json!({"f:data": {"f:k": {}}}));
}

#[tokio::test]
async fn parts_of_the_platform_are_known_without_an_agent() {
    let server = Fixture::new().await;
    for (user, manager) in [
        ("system:kube-scheduler", "kube-scheduler Update"),
        ("system:node:n", "kubelet Update"),
        ("system:apiserver", "kube-apiserver Update"),
    ] {
        let body = config_map(&manager[..7], json!({"k": "1"})).to_string();
        let request = Request::post(CONFIG_MAPS).body(Full::from(body)).unwrap();
        let user = User::new(user, &["system:masters"]);
        let created = server.send(user, request).await.expect(201);
        assert_eq!(owners(&created), [manager]);
    }
    let own = server.get("/api/v1/namespaces/default").await.expect(200);
    assert_eq!(owners(&own), ["kube-apiserver Update"]);
}

#[tokio::test]
async fn a_status_has_owners_of_its_own() {
    let server = Fixture::new().await;
    let created = server.post(&format!("{PODS}?fieldManager=ann"), &pod("p")).await.expect(201);
    assert_eq!(owners(&created), ["ann Update"]);
    let fields = &created["metadata"]["managedFields"][0]["fieldsV1"];
    assert!(fields.get("f:status").is_none() && fields["f:spec"].get("f:volumes").is_none());
    let container = &fields["f:spec"]["f:containers"]["k:{\"name\":\"main\"}"];
    assert_eq!(container["f:imagePullPolicy"], json!({}), "defaults are the writer's");
    let path = format!("{PODS}/p/status?fieldManager=node");
    let status = json!({"status": {"phase": "Running"}});
    let changed = server.patch(&path, "merge", &status).await.expect(200);
    assert_eq!(owners(&changed), ["ann Update", "node Update status"]);
    assert_eq!(
        changed["metadata"]["managedFields"][1]["fieldsV1"],
        json!({"f:status": {"f:phase": {}}})
    );
}

#[tokio::test]
async fn what_the_server_decides_has_no_owner() {
    let server = Fixture::new().await;
    server.post(&format!("{PODS}?fieldManager=ann"), &pod("p")).await.expect(201);
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": "n"}});
    server.post(&format!("{PODS}/p/binding?fieldManager=sched"), &binding).await.expect(201);
    let bound = server.get(&format!("{PODS}/p")).await.expect(200);
    assert_eq!(
        (owners(&bound), &bound["spec"]["nodeName"]),
        (vec!["ann Update".to_owned()], &json!("n"))
    );
}

#[tokio::test]
async fn a_write_that_changes_nothing_leaves_no_mark() {
    let server = Fixture::new().await;
    let body = config_map("a", json!({"k": "1"}));
    let created = server.post(&format!("{CONFIG_MAPS}?fieldManager=ann"), &body).await.expect(201);
    let path = format!("{CONFIG_MAPS}/a?fieldManager=bob");
    assert_eq!(server.put(&path, &body).await.expect(200), created);
    assert_eq!(
        server.patch(&path, "merge", &json!({"data": {"k": "1"}})).await.expect(200),
        created
    );
    // A field written back and forth moves its owner all the same.
    server.patch(&path, "merge", &json!({"data": {"k": "2"}})).await.expect(200);
    let back = server.patch(&path, "merge", &json!({"data": {"k": "1"}})).await.expect(200);
    assert!(version(&back) > version(&created));
    assert_eq!(owners(&back), ["ann Update", "bob Update"]);
}

#[tokio::test]
async fn ownership_can_be_patched_and_forgotten() {
    let server = Fixture::new().await;
    let body = config_map("a", json!({"k": "1"}));
    let created = server.post(&format!("{CONFIG_MAPS}?fieldManager=csa"), &body).await.expect(201);
    let path = format!("{CONFIG_MAPS}/a");
    // As kubectl does when it moves from client-side to server-side apply.
    let mut entries = created["metadata"]["managedFields"].clone();
    entries[0]["manager"] = "kubectl".into();
    entries[0]["operation"] = "Apply".into();
    let patch = json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": created["metadata"]["resourceVersion"]},
    ]);
    let moved = server.patch(&path, "json", &patch).await.expect(200);
    assert_eq!(owners(&moved), ["kubectl Apply"]);
    let applied =
        server.apply(&path, "kubectl", &config_map("a", json!({"l": "1"}))).await.expect(200);
    assert_eq!(applied["data"], json!({"l": "1"}));
    let broken = json!({"metadata": {"managedFields": [{"manager": "x"}]}});
    let kept = server.patch(&path, "merge", &broken).await.expect(200);
    assert_eq!(owners(&kept), ["kubectl Apply"]);
    let status = json!({"metadata": {"managedFields": [{}]}});
    let forgotten = server.patch(&path, "merge", &status).await.expect(200);
    assert_eq!(forgotten["metadata"].get("managedFields"), None);
    // From then on nobody keeps account, until somebody applies.
    let label = json!({"metadata": {"labels": {"a": "b"}}});
    let changed = server.patch(&path, "merge", &label).await.expect(200);
    assert_eq!(changed["metadata"].get("managedFields"), None);
    let applied = server.apply(&path, "ann", &config_map("a", json!({"m": "1"}))).await.expect(200);
    assert_eq!(owners(&applied), ["ann Apply", "before-first-apply Update"]);
}

#[tokio::test]
async fn both_event_apis_keep_account_of_one_object() {
    let server = Fixture::new().await;
    let event = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e"},
        "regarding": {"kind": "Pod", "name": "p", "namespace": "default"},
        "reason": "Ran", "action": "Run", "note": "it ran", "type": "Normal",
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "c", "reportingInstance": "i",
    });
    let events = "/apis/events.k8s.io/v1/namespaces/default/events";
    server.post(&format!("{events}?fieldManager=ann"), &event).await.expect(201);
    let core = "/api/v1/namespaces/default/events/e?fieldManager=bob";
    let labels = json!({"metadata": {"labels": {"a": "b"}}});
    server.patch(core, "merge", &labels).await.expect(200);
    let note = json!({"message": "it ran twice"});
    let changed = server.patch(core, "merge", &note).await.expect(200);
    let fields: Vec<&Value> = changed["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["fieldsV1"])
        .collect();
    assert_eq!((fields[0].get("f:note"), &fields[1]["f:message"]), (None, &json!({})));
    assert_eq!(fields[0]["f:reason"], json!({}));
}

#[tokio::test]
async fn an_owner_is_kept_once() {
    let server = Fixture::new().await;
    let owner = |uid: &str| json!({"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": uid});
    let mut wanted = config_map("a", json!({}));
    wanted["metadata"]["ownerReferences"] = json!([owner("u"), owner("v"), owner("u")]);
    let made = server.post(CONFIG_MAPS, &wanted).await;
    assert!(
        made.warnings()[0].ends_with("duplicate UID(s) observed: u\""),
        "{:?}",
        made.warnings()
    );
    let once = json!([owner("u"), owner("v")]);
    assert_eq!(made.expect(201)["metadata"]["ownerReferences"], once);
    let again = json!([{
        "op": "add", "path": "/metadata/ownerReferences/-", "value": owner("v"),
    }]);
    let patched = server.patch(&format!("{CONFIG_MAPS}/a"), "json", &again).await;
    assert_eq!(patched.warnings().len(), 1);
    assert_eq!(patched.expect(200)["metadata"]["ownerReferences"], once);
}
