//! Server-side apply.

use http::Method;
use serde_json::{Value, json};

use super::{CONFIG_MAPS, config_map, version};
use crate::testing::Fixture;

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const APPLY: [(&str, &str); 1] = [("content-type", "application/apply-patch+yaml")];

fn deployment(spec: Value) -> Value {
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {"containers": [{"name": "main", "image": "one"}]},
            },
        },
    });
    machinery::patch::merge::apply(object.take(), &json!({"spec": spec}))
}

fn owner<'a>(object: &'a Value, manager: &str) -> &'a Value {
    let owners = object["metadata"]["managedFields"].as_array().unwrap();
    owners.iter().find(|entry| entry["manager"] == manager).unwrap_or(&Value::Null)
}

#[tokio::test(start_paused = true)]
async fn applying_creates_changes_and_removes() {
    let server = Fixture::new().await;
    let path = format!("{CONFIG_MAPS}/a");
    let created = server.apply(&path, "ann", &config_map("a", json!({"k": "1", "l": "1"}))).await;
    let created = created.expect(201);
    assert_eq!(
        created["metadata"]["managedFields"],
        json!([{
            "manager": "ann", "operation": "Apply", "apiVersion": "v1",
            "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {"f:k": {}, "f:l": {}}},
        }])
    );
    let changed = server.apply(&path, "ann", &config_map("a", json!({"k": "2"}))).await.expect(200);
    assert_eq!(changed["data"], json!({"k": "2"}));
    assert_eq!(changed["metadata"]["uid"], created["metadata"]["uid"]);
}

#[tokio::test]
async fn a_body_may_be_yaml() {
    let server = Fixture::new().await;
    let path = format!("{CONFIG_MAPS}/a?fieldManager=ann");
    let body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: 'yes'\n";
    let created = server.ask(Method::PATCH, &path, &APPLY, body).await.expect(201);
    assert_eq!(created["data"], json!({"k": "yes"}));
    let twice = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: a, k: b}\n";
    let reply = server.ask(Method::PATCH, &path, &APPLY, twice).await;
    assert_eq!(reply.warnings().len(), 1);
    let strict = format!("{path}&fieldValidation=Strict");
    server.ask(Method::PATCH, &strict, &APPLY, twice).await.failure(400, "BadRequest");
}

#[tokio::test(start_paused = true)]
async fn applying_the_same_again_writes_nothing() {
    let server = Fixture::new().await;
    let path = format!("{DEPLOYMENTS}/d");
    let wanted = deployment(json!({"replicas": 2}));
    let created = server.apply(&path, "ann", &wanted).await.expect(201);
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    let again = server.apply(&path, "ann", &wanted).await.expect(200);
    assert_eq!(again, created);
    let other = server.apply(&path, "bob", &wanted).await.expect(200);
    assert!(version(&other) > version(&created));
    assert_eq!(owner(&other, "bob")["time"], "2026-01-01T00:01:00Z");
    assert_eq!(owner(&other, "ann"), owner(&created, "ann"));
}

#[tokio::test]
async fn fields_of_others_are_taken_only_by_force() {
    let server = Fixture::new().await;
    let path = format!("{DEPLOYMENTS}/d");
    server.apply(&path, "ann", &deployment(json!({"replicas": 2}))).await.expect(201);
    let wanted = deployment(json!({"replicas": 3}));
    let refused = server.apply(&path, "bob", &wanted).await.expect(409);
    assert_eq!(
        refused["message"],
        "Apply failed with 1 conflict: conflict with \"ann\": .spec.replicas"
    );
    assert_eq!(
        refused["details"]["causes"],
        json!([{
            "reason": "FieldManagerConflict", "field": ".spec.replicas",
            "message": "conflict with \"ann\"",
        }])
    );
    let forced = server.apply(&path, "bob&force=true", &wanted).await.expect(200);
    assert_eq!(forced["spec"]["replicas"], 3);
    assert_eq!(owner(&forced, "ann")["fieldsV1"]["f:spec"].get("f:replicas"), None);
}

#[tokio::test]
async fn nothing_takes_nothing_from_others() {
    let server = Fixture::new().await;
    let path = format!("{DEPLOYMENTS}/d");
    let mut wanted = deployment(json!({"replicas": 2}));
    wanted["metadata"]["annotations"] = json!({"ann": "1"});
    server.apply(&path, "ann", &wanted).await.expect(201);
    // As a template renders what nobody has set.
    let mut empty = deployment(json!({}));
    empty["spec"]["replicas"] = Value::Null;
    empty["metadata"]["annotations"] = Value::Null;
    let refused = server.apply(&path, "bob", &empty).await.failure(409, "Conflict");
    let conflict = "Apply failed with 1 conflict: conflict with \"ann\": .spec.replicas";
    assert_eq!(refused, conflict);
    empty["spec"].as_object_mut().unwrap().remove("replicas");
    let applied = server.apply(&path, "bob", &empty).await.expect(200);
    assert_eq!(applied["metadata"]["annotations"]["ann"], "1");
    assert_eq!(applied["spec"]["replicas"], 2);
}

#[tokio::test]
async fn a_scale_has_columns_of_its_own() {
    let server = Fixture::new().await;
    let path = format!("{DEPLOYMENTS}/d");
    server.apply(&path, "ann", &deployment(json!({"replicas": 2}))).await.expect(201);
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
    let table = server.ask(Method::GET, &format!("{path}/scale"), &accept, "").await.expect(200);
    let columns = table["columnDefinitions"].as_array().unwrap().iter();
    let columns: Vec<_> = columns.map(|column| column["name"].as_str().unwrap()).collect();
    assert_eq!(columns, ["Name", "Desired", "Available", "Age"]);
    let cells = table["rows"][0]["cells"].as_array().unwrap();
    assert_eq!(cells[..3], [json!("d"), json!(2), json!(0)]);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be() {
    let server = Fixture::new().await;
    let path = format!("{CONFIG_MAPS}/a");
    let wanted = config_map("a", json!({"k": "1"}));
    server.apply(&path, "ann&dryRun=All", &wanted).await.expect(201);
    server.get(&path).await.failure(404, "NotFound");
    server.apply(&path, "ann", &wanted).await.expect(201);
    let wanted = config_map("a", json!({"k": "2"}));
    let dry = server.apply(&path, "ann&dryRun=All", &wanted).await.expect(200);
    assert_eq!(dry["data"]["k"], "2");
    assert_eq!(server.get(&path).await.expect(200)["data"]["k"], "1");
}

#[tokio::test]
async fn what_cannot_be_applied_is_refused() {
    let server = Fixture::new().await;
    let path = format!("{CONFIG_MAPS}/a");
    let wanted = config_map("a", json!({}));
    let message = server.ask(Method::PATCH, &path, &APPLY, wanted.to_string()).await;
    assert_eq!(
        message.failure(422, "Invalid"),
        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
    );
    let with = |field: &str, value: Value| {
        let mut wanted = wanted.clone();
        *wanted.pointer_mut("/metadata").unwrap() = json!({"name": "a", "labels": {}});
        wanted[field] = value;
        wanted
    };
    for (wanted, problem) in [
        (json!([]), "error decoding YAML"),
        (with("kind", Value::Null), "Object 'Kind' is missing"),
        (with("apiVersion", Value::Null), "Object 'apiVersion' is missing"),
        (
            with("apiVersion", json!("v2")),
            "Incorrect version specified in apply patch. Specified patch version: v2, expected: v1",
        ),
        (with("kind", json!("Secret")), "Secret cannot be handled as a ConfigMap"),
        (
            with("metadata", json!({"name": "a", "managedFields": []})),
            "metadata.managedFields must be nil",
        ),
        (with("metadata", json!({"name": "b"})), "does not match the name on the URL"),
        (with("metadata", json!({"name": "a", "namespace": "x"})), "does not match the namespace"),
        (with("data", json!({"k": 1})), "cannot unmarshal number"),
        (
            with("datum", json!({})),
            "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .datum: field not declared in schema",
        ),
    ] {
        let message = server.apply(&path, "ann", &wanted).await.failure(400, "BadRequest");
        assert!(message.contains(problem), "{message}");
    }
    let message = server.apply(&path, &"x".repeat(129), &wanted).await.failure(422, "Invalid");
    assert!(message.contains("fieldManager: Too long"), "{message}");
    let message = server.apply(&path, "a%07b", &wanted).await.failure(422, "Invalid");
    assert!(message.contains("invalid character U+0007 (at position 1)"), "{message}");
}

#[tokio::test]
async fn an_apply_may_name_the_object_it_means() {
    let server = Fixture::new().await;
    let path = format!("{CONFIG_MAPS}/a");
    let with = |field: &str, value: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", field: value}});
    let message = server.apply(&path, "ann", &with("uid", "u")).await.failure(409, "Conflict");
    assert!(message.contains("no existing object was found"), "{message}");
    server.apply(&path, "ann", &with("resourceVersion", "5")).await.failure(409, "Conflict");
    let created = server.apply(&path, "ann", &config_map("a", json!({}))).await.expect(201);
    let uid = created["metadata"]["uid"].as_str().unwrap();
    server.apply(&path, "ann", &with("uid", uid)).await.expect(200);
    server.apply(&path, "ann", &with("uid", "other")).await.failure(409, "Conflict");
    let stale = with("resourceVersion", "1");
    server.apply(&path, "ann", &stale).await.failure(409, "Conflict");
}

#[tokio::test]
async fn a_status_is_applied_apart() {
    let server = Fixture::new().await;
    let path = format!("{DEPLOYMENTS}/d");
    let status = format!("{path}/status");
    let wanted = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"replicas": 9}, "status": {"observedGeneration": 1}});
    server.apply(&status, "ctl", &wanted).await.failure(404, "NotFound");
    let mut whole = deployment(json!({}));
    whole["status"] = json!({"replicas": 4});
    let created = server.apply(&path, "ann", &whole).await.expect(201);
    assert_eq!(owner(&created, "ann")["fieldsV1"].get("f:status"), None);
    let applied = server.apply(&status, "ctl", &wanted).await.expect(200);
    assert_eq!(
        (&applied["spec"]["replicas"], &applied["status"]),
        (&json!(1), &json!({"observedGeneration": 1}))
    );
    let entry = owner(&applied, "ctl");
    assert_eq!(entry["subresource"], "status");
    assert_eq!(entry["fieldsV1"], json!({"f:status": {"f:observedGeneration": {}}}));
}

#[tokio::test]
async fn a_scale_is_applied_as_one_field_of_its_object() {
    let server = Fixture::new().await;
    let path = format!("{DEPLOYMENTS}/d");
    server.apply(&path, "ann", &deployment(json!({"replicas": 1}))).await.expect(201);
    let scale = |replicas: i64| {
        json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d"},
            "spec": {"replicas": replicas}})
    };
    let at = format!("{path}/scale");
    let refused = server.apply(&at, "hpa", &scale(3)).await.failure(409, "Conflict");
    assert!(refused.ends_with("conflict with \"ann\": .spec.replicas"), "{refused}");
    let scaled = server.apply(&at, "hpa&force=true", &scale(3)).await.expect(200);
    assert_eq!((&scaled["kind"], &scaled["spec"]["replicas"]), (&json!("Scale"), &json!(3)));
    let object = server.get(&path).await.expect(200);
    let entry = owner(&object, "hpa");
    assert_eq!((&entry["subresource"], &entry["apiVersion"]), (&json!("scale"), &json!("apps/v1")));
    assert_eq!(entry["fieldsV1"], json!({"f:spec": {"f:replicas": {}}}));
    let none = server.apply(&at, "hpa", &scale(0)).await.expect(200);
    assert_eq!(none["spec"].get("replicas"), None, "zero is left out of a scale");
    assert_eq!(server.get(&path).await.expect(200)["spec"]["replicas"], 0);
    server.apply(&at, "hpa", &scale(-1)).await.failure(422, "Invalid");
}

#[tokio::test]
async fn ports_are_told_apart_by_port_and_protocol() {
    let server = Fixture::new().await;
    let service = |ports: Value| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
            "spec": {"selector": {"app": "s"}, "ports": ports}})
    };
    let path = "/api/v1/namespaces/default/services/s";
    let dns = json!([{"name": "a", "port": 53}, {"name": "b", "port": 53, "protocol": "UDP"}]);
    let created = server.apply(path, "ann", &service(dns)).await.expect(201);
    assert_eq!(created["spec"]["ports"].as_array().unwrap().len(), 2);
    let one = json!([{"name": "b", "port": 53, "protocol": "UDP"}]);
    let changed = server.apply(path, "ann", &service(one)).await.expect(200);
    assert_eq!(changed["spec"]["ports"].as_array().unwrap().len(), 1);
    assert_eq!(changed["spec"]["clusterIP"], created["spec"]["clusterIP"]);
    let twice = json!([{"name": "a", "port": 53}, {"name": "b", "port": 53, "protocol": "TCP"}]);
    let message = server.apply(path, "ann", &service(twice)).await.failure(400, "BadRequest");
    assert!(message.contains("duplicate entries for key [port=53,protocol=\"TCP\"]"), "{message}");
}
