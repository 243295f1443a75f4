use http::Method;
use serde_json::json;

use super::*;

#[tokio::test(start_paused = true)]
async fn an_object_is_created_read_and_replaced() {
    let server = Fixture::new().await;
    let created = server.post(CONFIG_MAPS, &config_map("a", json!({"k": "1"}))).await.expect(201);
    assert_eq!(created["metadata"]["namespace"], "default");
    assert_eq!(created["metadata"]["creationTimestamp"], crate::testing::EPOCH);
    assert_eq!(created["metadata"]["uid"].as_str().unwrap().len(), 36);
    let path = format!("{CONFIG_MAPS}/a");
    assert_eq!(server.get(&path).await.expect(200), created);
    let mut changed = created.clone();
    changed["data"]["k"] = "2".into();
    let replaced = server.put(&path, &changed).await.expect(200);
    assert_eq!(replaced["data"]["k"], "2");
    assert!(version(&replaced) > version(&created));
    assert_eq!(server.get(&path).await.expect(200), replaced);
}

#[tokio::test]
async fn a_stale_version_is_a_conflict() {
    let server = Fixture::new().await;
    let first = server.post(CONFIG_MAPS, &config_map("a", json!({"k": "1"}))).await.expect(201);
    let path = format!("{CONFIG_MAPS}/a");
    let mut second = first.clone();
    second["data"]["k"] = "2".into();
    server.put(&path, &second).await.expect(200);
    let message = server.put(&path, &first).await.failure(409, "Conflict");
    assert_eq!(
        message,
        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"
    );
    let mut unconditional = config_map("a", json!({"k": "3"}));
    server.put(&path, &unconditional).await.expect(200);
    unconditional["metadata"]["uid"] = "another".into();
    server.put(&path, &unconditional).await.failure(409, "Conflict");
}

#[tokio::test]
async fn a_write_that_changes_nothing_keeps_the_version() {
    let server = Fixture::new().await;
    let created = server.post(CONFIG_MAPS, &config_map("a", json!({"k": "1"}))).await.expect(201);
    let path = format!("{CONFIG_MAPS}/a");
    let mut watch =
        server.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={}", version(&created))).await;
    assert_eq!(server.put(&path, &created).await.expect(200), created);
    let same = server.patch(&path, "merge", &json!({"data": {"k": "1"}})).await.expect(200);
    assert_eq!(same, created);
    server.patch(&path, "merge", &json!({"data": {"k": "2"}})).await.expect(200);
    assert_eq!(watch.next().await.unwrap()["object"]["data"]["k"], "2");
}

#[tokio::test]
async fn endpoints_are_kept_in_one_form_whatever_their_writer_sends() {
    const ENDPOINTS: &str = "/api/v1/namespaces/default/endpoints";
    let server = Fixture::new().await;
    let subset = |ip: &str| json!({"addresses": [{ "ip": ip }], "ports": [{"port": 80}]});
    let wanted = json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "a"},
        "subsets": [subset("10.0.0.2"), subset("10.0.0.1")]});
    let created = server.post(ENDPOINTS, &wanted).await.expect(201);
    let together = json!([{"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
        "ports": [{"port": 80, "protocol": "TCP"}]}]);
    assert_eq!(created["subsets"], together);
    let again = server.put(&format!("{ENDPOINTS}/a"), &wanted).await.expect(200);
    assert_eq!(version(&again), version(&created), "that is no change");
}

#[tokio::test]
async fn names_are_generated() {
    let server = Fixture::new().await;
    let wanted =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "x-"}});
    let first = server.post(CONFIG_MAPS, &wanted).await.expect(201);
    let second = server.post(CONFIG_MAPS, &wanted).await.expect(201);
    let name = first["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("x-") && name.len() == 7, "{name}");
    assert_ne!(name, second["metadata"]["name"]);
}

#[tokio::test]
async fn what_is_empty_is_as_good_as_absent() {
    let server = Fixture::new().await;
    let mut sent = pod("p");
    sent["metadata"]["labels"] = json!({});
    sent["spec"]["nodeSelector"] = json!({});
    sent["spec"]["imagePullSecrets"] = json!([]);
    sent["spec"]["containers"][0]["args"] = json!([]);
    let mut object = server.post(PODS, &sent).await.expect(201);
    assert_eq!(
        (object["metadata"].get("labels"), object["spec"].get("nodeSelector")),
        (None, None)
    );
    assert_eq!(object["spec"]["containers"][0].get("args"), None);
    // A client that leaves such fields out changes nothing, and one that sends them does not either.
    let before = object["metadata"]["resourceVersion"].clone();
    object["spec"]["containers"][0]["env"] = json!([]);
    let put = server.put(&format!("{PODS}/p"), &object).await.expect(200);
    assert_eq!(put["metadata"]["resourceVersion"], before);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"}, "rules": [],
    });
    let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
    assert_eq!(server.post(roles, &role).await.expect(201)["rules"], json!([]));
}

#[tokio::test]
async fn a_dry_run_stores_nothing() {
    let server = Fixture::new().await;
    let object = config_map("a", json!({}));
    let dry = server.post(&format!("{CONFIG_MAPS}?dryRun=All"), &object).await.expect(201);
    assert!(dry["metadata"]["uid"].is_string());
    let path = format!("{CONFIG_MAPS}/a");
    server.get(&path).await.failure(404, "NotFound");
    let created = server.post(CONFIG_MAPS, &object).await.expect(201);
    let patch = json!({"data": {"k": "1"}});
    let dry = server.patch(&format!("{path}?dryRun=All"), "merge", &patch).await.expect(200);
    assert_eq!(dry["data"]["k"], "1");
    server.delete(&path, &json!({"dryRun": ["All"]})).await.expect(200);
    assert_eq!(server.get(&path).await.expect(200), created);
    server.post(&format!("{CONFIG_MAPS}?dryRun=Some"), &object).await.failure(422, "Invalid");
}

#[tokio::test]
async fn unknown_fields_are_dropped_reported_or_refused() {
    let server = Fixture::new().await;
    let mut object = config_map("a", json!({}));
    object["speck"] = 1.into();
    let reply = server.post(CONFIG_MAPS, &object).await;
    assert_eq!(reply.expect(201).get("speck"), None);
    assert_eq!(reply.warnings(), ["299 - \"unknown field \\\"speck\\\"\""]);
    let strict = format!("{CONFIG_MAPS}?fieldValidation=Strict");
    let message = server.post(&strict, &object).await.failure(400, "BadRequest");
    assert!(message.contains("strict decoding error: unknown field \"speck\""), "{message}");
    object["metadata"]["name"] = "b".into();
    let silent = server.post(&format!("{CONFIG_MAPS}?fieldValidation=Ignore"), &object).await;
    assert!(silent.warnings().is_empty());
}

#[tokio::test]
async fn the_status_is_written_apart() {
    let server = Fixture::new().await;
    let mut wanted = pod("a");
    wanted["status"] = json!({"phase": "Running"});
    let created = server.post(PODS, &wanted).await.expect(201);
    assert_eq!(created["status"]["phase"], "Pending");
    let path = format!("{PODS}/a");
    let patch = json!({"status": {"phase": "Running"}, "spec": {"activeDeadlineSeconds": 5}});
    let same =
        server.patch(&path, "merge", &json!({"status": {"phase": "Running"}})).await.expect(200);
    assert_eq!(same["status"]["phase"], "Pending");
    let changed = server.patch(&format!("{path}/status"), "merge", &patch).await.expect(200);
    assert_eq!(changed["status"]["phase"], "Running");
    assert_eq!(changed["spec"].get("activeDeadlineSeconds"), None);
    let read = server.ask(Method::GET, &format!("{path}/status"), &[], "").await.expect(200);
    assert_eq!(read, changed);
}

#[tokio::test]
async fn concurrent_patches_all_succeed() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let path = format!("{CONFIG_MAPS}/a");
    let patches = (0..10).map(|index| {
        let (server, path) = (&server, &path);
        async move {
            let key = format!("k{index}");
            let mut patch = json!({"data": {}});
            patch["data"][key.as_str()] = "1".into();
            server.patch(path, "merge", &patch).await.expect(200)
        }
    });
    futures::future::join_all(patches).await;
    let object = server.get(&path).await.expect(200);
    assert_eq!(object["data"].as_object().unwrap().len(), 10);
}

#[tokio::test]
async fn generation_counts_changes_of_the_spec() {
    let server = Fixture::new().await;
    let path = "/apis/apps/v1/namespaces/default/deployments";
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {"containers": [{"name": "main", "image": "hello"}]},
            },
        },
    });
    let created = server.post(path, &deployment).await.expect(201);
    assert_eq!(created["metadata"]["generation"], 1);
    let path = format!("{path}/d");
    let labels = json!({"metadata": {"labels": {"a": "b"}}});
    let labelled = server.patch(&path, "merge", &labels).await.expect(200);
    assert_eq!(labelled["metadata"]["generation"], 1);
    let scaled = server.patch(&path, "merge", &json!({"spec": {"replicas": 3}})).await.expect(200);
    assert_eq!(scaled["metadata"]["generation"], 2);
}

#[tokio::test]
async fn a_put_makes_what_is_missing_of_some_kinds() {
    let server = Fixture::new().await;
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    });
    let path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/r";
    server.put(path, &role).await.expect(201);
    server.put(path, &role).await.expect(200);
    let path = format!("{CONFIG_MAPS}/a");
    server.put(&path, &config_map("a", json!({}))).await.failure(404, "NotFound");
    // All but the first of many at once are changes.
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
        "spec": {"holderIdentity": "a"},
    });
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
        "spec": {"ports": [{"port": 80}]},
    });
    for (path, object) in [
        ("/apis/coordination.k8s.io/v1/namespaces/default/leases/l", lease),
        ("/api/v1/namespaces/default/services/s", service),
    ] {
        let puts = (0..8).map(|_| server.put(path, &object));
        let mut codes: Vec<u16> =
            futures::future::join_all(puts).await.iter().map(|reply| reply.code).collect();
        codes.sort_unstable();
        assert!(!codes.contains(&409), "{codes:?}");
        assert_eq!(codes.iter().filter(|code| **code == 201).count(), 1, "{codes:?}");
    }
}

/// As Go's types have it, which cannot tell an empty text from none, but where they point to it.
#[tokio::test]
async fn an_empty_text_is_kept_where_it_says_something() {
    let server = Fixture::new().await;
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "a", "generateName": ""},
        "spec": {
            "nodeName": "", "priorityClassName": "",
            "containers": [{
                "name": "main", "image": "hello", "workingDir": "",
                "env": [{"name": "A", "value": ""}],
            }],
        },
    });
    let made = server.post("/api/v1/namespaces/default/pods", &pod).await.expect(201);
    let main = &made["spec"]["containers"][0];
    assert_eq!(main["env"], json!([{"name": "A"}]));
    assert_eq!((main.get("workingDir"), made["spec"].get("nodeName")), (None, None));

    let claims = "/api/v1/namespaces/default/persistentvolumeclaims";
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a"},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": "", "volumeName": "",
        },
    });
    let made = server.post(claims, &claim).await.expect(201);
    assert_eq!(made["spec"]["storageClassName"], "");
    assert_eq!(made["spec"].get("volumeName"), None);
}
