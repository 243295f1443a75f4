use http::Method;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_delete_answers_as_its_kind_does() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let status = server.delete(&format!("{CONFIG_MAPS}/a"), &Value::Null).await.expect(200);
    assert_eq!((&status["kind"], &status["status"]), (&"Status".into(), &"Success".into()));
    assert_eq!(status["details"]["name"], "a");
    assert_eq!(status["details"]["kind"], "configmaps");
    server.get(&format!("{CONFIG_MAPS}/a")).await.failure(404, "NotFound");
    server.post(PODS, &pod("p")).await.expect(201);
    let gone = server.delete(&format!("{PODS}/p"), &Value::Null).await.expect(200);
    assert_eq!(gone["kind"], "Pod");
    server.get(&format!("{PODS}/p")).await.failure(404, "NotFound");
}

#[tokio::test(start_paused = true)]
async fn a_running_pod_gets_its_grace() {
    let server = Fixture::new().await;
    let mut running = pod("p");
    running["spec"]["nodeName"] = "n".into();
    server.post(PODS, &running).await.expect(201);
    let path = format!("{PODS}/p");
    let going = server.delete(&path, &Value::Null).await.expect(200);
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], 30);
    assert_eq!(going["metadata"]["deletionTimestamp"], "2026-01-01T00:00:30Z");
    assert_eq!(server.delete(&path, &Value::Null).await.expect(200), going);
    let sooner =
        server.delete(&format!("{path}?gracePeriodSeconds=5"), &Value::Null).await.expect(200);
    assert_eq!(sooner["metadata"]["deletionTimestamp"], "2026-01-01T00:00:05Z");
    server.delete(&path, &json!({"gracePeriodSeconds": 0})).await.expect(200);
    server.get(&path).await.failure(404, "NotFound");
}

#[tokio::test]
async fn finalizers_hold_until_the_last_is_gone() {
    let server = Fixture::new().await;
    let mut held = config_map("a", json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/a"]);
    let created = server.post(CONFIG_MAPS, &held).await.expect(201);
    let path = format!("{CONFIG_MAPS}/a");
    let mut watch =
        server.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={}", version(&created))).await;
    let going = server.delete(&path, &Value::Null).await.expect(200);
    assert_eq!(going["kind"], "ConfigMap");
    let again = server.post(CONFIG_MAPS, &config_map("a", json!({}))).await;
    let again = again.failure(409, "AlreadyExists");
    assert_eq!(again, r#"object is being deleted: configmaps "a" already exists"#);
    assert!(going["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(watch.brief().await, "MODIFIED a");
    let patch = json!({"metadata": {"finalizers": null}});
    server.patch(&path, "merge", &patch).await.expect(200);
    assert_eq!(watch.brief().await, "DELETED a");
    server.get(&path).await.failure(404, "NotFound");
}

#[tokio::test]
async fn propagation_adds_finalizers() {
    let server = Fixture::new().await;
    create(&server, &["a", "b"]).await;
    let options =
        json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"});
    let going = server.delete(&format!("{CONFIG_MAPS}/a"), &options).await.expect(200);
    assert_eq!(going["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    let going =
        server.delete(&format!("{CONFIG_MAPS}/b?propagationPolicy=Orphan"), &Value::Null).await;
    assert_eq!(going.expect(200)["metadata"]["finalizers"], json!(["orphan"]));
    let options = json!({"propagationPolicy": "Sideways"});
    server.delete(&format!("{CONFIG_MAPS}/b"), &options).await.failure(422, "Invalid");
}

/// `orphanDependents` is the old way to say it, and answered as it was.
#[tokio::test]
async fn old_clients_are_told_that_an_object_stays_for_a_while() {
    let server = Fixture::new().await;
    create(&server, &["a", "b"]).await;
    let held = json!({"metadata": {"finalizers": ["example.com/hold"]}});
    server.patch(&format!("{CONFIG_MAPS}/a"), "merge", &held).await.expect(200);
    let options = json!({"orphanDependents": false});
    server.delete(&format!("{CONFIG_MAPS}/a"), &options).await.expect(202);
    server.delete(&format!("{CONFIG_MAPS}/b"), &options).await.expect(200);
}

#[tokio::test]
async fn preconditions_name_the_object_meant() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let path = format!("{CONFIG_MAPS}/a");
    let wrong = json!({"preconditions": {"uid": "other"}});
    let message = server.delete(&path, &wrong).await.failure(409, "Conflict");
    assert!(message.contains("Precondition failed: UID in precondition: other"), "{message}");
    let wrong = json!({"preconditions": {"resourceVersion": "1"}});
    server.delete(&path, &wrong).await.failure(409, "Conflict");
    let object = server.get(&path).await.expect(200);
    let right = json!({"preconditions": {
        "uid": object["metadata"]["uid"], "resourceVersion": object["metadata"]["resourceVersion"],
    }});
    server.delete(&path, &right).await.expect(200);
}

#[tokio::test]
async fn a_collection_is_deleted_by_selector() {
    let server = Fixture::new().await;
    for (name, label) in [("a", "x"), ("b", "y"), ("c", "x")] {
        server.post(CONFIG_MAPS, &labelled(name, label)).await.expect(201);
    }
    let path = format!("{CONFIG_MAPS}?labelSelector=app%3Dx");
    let deleted = server.ask(Method::DELETE, &path, &[], "").await.expect(200);
    assert_eq!(deleted["kind"], "ConfigMapList");
    assert_eq!(names(&deleted), ["a", "c"]);
    assert_eq!(names(&server.get(CONFIG_MAPS).await.expect(200)), ["b"]);
}

#[tokio::test]
async fn a_namespace_ends_when_it_is_finalized() {
    let server = Fixture::new().await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}});
    let created = server.post("/api/v1/namespaces", &namespace).await.expect(201);
    assert_eq!(created["status"]["phase"], "Active");
    assert_eq!(created["spec"]["finalizers"], json!(["kubernetes"]));
    let path = "/api/v1/namespaces/n";
    let going = server.delete(path, &Value::Null).await.expect(200);
    assert_eq!(going["status"]["phase"], "Terminating");
    let refused = server.post(&format!("{path}/configmaps"), &config_map("a", json!({}))).await;
    refused.failure(403, "Forbidden");
    assert_eq!(refused.json()["details"]["causes"][0]["reason"], "NamespaceTerminating");
    let mut finalized = going.clone();
    finalized["spec"]["finalizers"] = json!([]);
    server.put(&format!("{path}/finalize"), &finalized).await.expect(200);
    server.get(path).await.failure(404, "NotFound");
    let message =
        server.delete("/api/v1/namespaces/default", &Value::Null).await.failure(403, "Forbidden");
    assert!(message.contains("this namespace may not be deleted"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn events_are_forgotten_after_an_hour() {
    let server = Fixture::new().await;
    let path = "/api/v1/namespaces/default/events";
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"},
        "involvedObject": {"namespace": "default"},
    });
    server.post(path, &event).await.expect(201);
    tokio::time::sleep(std::time::Duration::from_mins(59)).await;
    server.get(&format!("{path}/e")).await.expect(200);
    tokio::time::sleep(std::time::Duration::from_mins(3)).await;
    server.get(&format!("{path}/e")).await.failure(404, "NotFound");
}

#[tokio::test]
async fn the_server_deletes_only_what_it_looked_at() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let registry = server.api.registry();
    let seen = registry.catalog().shelf("", "v1", "configmaps").unwrap().get("default/a").unwrap();
    let path = format!("{CONFIG_MAPS}/a");
    server.delete(&path, &Value::Null).await.expect(200);
    create(&server, &["a"]).await;
    let own = crate::authorize::own_identity();
    let error = registry.delete_object(&own, "", "v1", "configmaps", &seen).await.unwrap_err();
    assert_eq!(error.reason, machinery::Reason::Conflict);
    server.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_job_that_is_deleted_without_a_word_leaves_its_pods() {
    const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";
    const WARNING: &str = "299 - \"child pods are preserved by default when jobs are deleted; set \
        propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning\"";
    let server = Fixture::new().await;
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"},
        "spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "main", "image": "hello"}],
        }}},
    });
    server.post(JOBS, &job).await.expect(201);
    let path = format!("{JOBS}/j");
    let deleted = server.delete(&path, &Value::Null).await;
    assert_eq!(deleted.expect(200)["metadata"]["finalizers"], json!(["orphan"]));
    assert_eq!(deleted.warnings(), [WARNING]);
    let background = json!({"propagationPolicy": "Background"});
    let gone = server.delete(&path, &background).await;
    assert_eq!(gone.expect(200)["status"], "Success");
    assert!(gone.warnings().is_empty());
    let all = server.delete(JOBS, &Value::Null).await;
    assert_eq!(all.expect(200)["kind"], "JobList");
    assert_eq!(all.warnings(), [WARNING]);
}

#[tokio::test]
async fn options_that_cannot_be_read_delete_nothing() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let path = format!("{CONFIG_MAPS}/a");
    for (options, told) in [
        (json!({"dryRun": "All"}), "DeleteOptions.dryRun of type []string"),
        (json!({"preconditions": "u"}), "DeleteOptions.preconditions"),
        (json!({"preconditions": {"uid": 1}}), "preconditions.uid"),
        (json!({"gracePeriodSeconds": "0"}), "DeleteOptions.gracePeriodSeconds"),
        (json!({"kind": "Pod"}), "DeleteOptions"),
    ] {
        let message = server.delete(&path, &options).await.failure(400, "BadRequest");
        assert!(message.contains(told), "{options}: {message}");
    }
    server.get(&path).await.expect(200);
    let mild =
        json!({"apiVersion": "v1", "kind": "DeleteOptions", "unknown": 1, "dryRun": ["All"]});
    server.delete(&path, &mild).await.expect(200);
    server.get(&path).await.expect(200);
}
