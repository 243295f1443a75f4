use http::Method;
use serde_json::json;

use super::*;

#[tokio::test]
async fn three_languages_patch_an_object() {
    let server = Fixture::new().await;
    server.post(PODS, &pod("p")).await.expect(201);
    let path = format!("{PODS}/p");
    let merged = server.patch(&path, "merge", &json!({"metadata": {"labels": {"a": "1"}}})).await;
    assert_eq!(merged.expect(200)["metadata"]["labels"], json!({"a": "1"}));
    let patch = json!([{"op": "add", "path": "/metadata/labels/b", "value": "2"}]);
    let patched = server.patch(&path, "json", &patch).await.expect(200);
    assert_eq!(patched["metadata"]["labels"], json!({"a": "1", "b": "2"}));
    let patch = json!({"spec": {"containers": [{"name": "main", "image": "other"}]}});
    let patched = server.patch(&path, "strategic-merge", &patch).await.expect(200);
    assert_eq!(patched["spec"]["containers"][0]["image"], "other");
    assert_eq!(patched["spec"]["containers"][0]["terminationMessagePath"], "/dev/termination-log");
}

/// Objects within an object.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!({}), |inner, _| json!({ "f:a": inner }))
}

#[tokio::test]
async fn an_object_that_nobody_could_read_is_not_kept() {
    let server = Fixture::new().await;
    server.post(CONFIG_MAPS, &config_map("a", json!({"k": "1"}))).await.expect(201);
    let path = format!("{CONFIG_MAPS}/a");
    let owners = "/metadata/managedFields/0/fieldsV1";
    let patch = json!([{"op": "add", "path": owners, "value": nested(118)}]);
    server.patch(&path, "json", &patch).await.failure(422, "Invalid");
    let mut object = server.get(&path).await.expect(200);
    object["metadata"]["managedFields"][0]["fieldsV1"] = nested(121);
    server.put(&path, &object).await.failure(400, "BadRequest");
    object["metadata"]["managedFields"][0]["fieldsV1"] = nested(100);
    server.put(&path, &object).await.expect(200);
    assert_eq!(server.get(&path).await.expect(200)["metadata"]["name"], "a");
}

#[tokio::test]
async fn a_patch_with_a_version_is_conditional() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let path = format!("{CONFIG_MAPS}/a");
    let stale = json!({"metadata": {"resourceVersion": "1"}, "data": {"k": "1"}});
    server.patch(&path, "merge", &stale).await.failure(409, "Conflict");
    let object = server.get(&path).await.expect(200);
    let version = &object["metadata"]["resourceVersion"];
    let fresh = json!({"metadata": {"resourceVersion": version}, "data": {"k": "1"}});
    server.patch(&path, "merge", &fresh).await.expect(200);
}

#[tokio::test]
async fn bad_patches_are_refused() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let path = format!("{CONFIG_MAPS}/a");
    let absent = format!("{CONFIG_MAPS}/absent");
    server.patch(&absent, "merge", &json!({})).await.failure(404, "NotFound");
    let failed = json!([{"op": "test", "path": "/data", "value": "x"}]);
    server.patch(&path, "json", &failed).await.failure(422, "Invalid");
    server
        .patch(&path, "merge", &json!({"metadata": {"name": "b"}}))
        .await
        .failure(400, "BadRequest");
    server.patch(&path, "merge", &json!({"kind": "Secret"})).await.failure(400, "BadRequest");
    server.patch(&path, "merge", &json!({"data": {"k": 1}})).await.failure(422, "Invalid");
    let media = [("content-type", "application/merge-patch+json")];
    server.ask(Method::PATCH, &path, &media, "{").await.failure(400, "BadRequest");
    let media = [("content-type", "application/apply-patch+cbor")];
    let apply = server.ask(Method::PATCH, &path, &media, "{}").await;
    let message = apply.failure(415, "UnsupportedMediaType");
    assert!(message.ends_with("application/apply-patch+yaml"), "{message}");
    let forced = format!("{path}?force=true");
    let message = server.patch(&forced, "merge", &json!({})).await.failure(422, "Invalid");
    assert!(
        message.ends_with("force: Forbidden: may not be specified for non-apply patch"),
        "{message}"
    );
    let media = [("content-type", "application/json")];
    server.ask(Method::PATCH, &path, &media, "{}").await.failure(415, "UnsupportedMediaType");
}

#[tokio::test]
async fn unknown_fields_of_a_patch_are_reported() {
    let server = Fixture::new().await;
    create(&server, &["a"]).await;
    let path = format!("{CONFIG_MAPS}/a");
    let patch = json!({"speck": 1});
    let reply = server.patch(&path, "merge", &patch).await;
    assert_eq!(reply.warnings(), ["299 - \"unknown field \\\"speck\\\"\""]);
    let strict = format!("{path}?fieldValidation=Strict");
    let message = server.patch(&strict, "merge", &patch).await.failure(422, "Invalid");
    let why = "strict decoding error: unknown field \"speck\"";
    assert!(message.starts_with(" \"\" is invalid: patch: Invalid value: \"{"), "{message}");
    assert!(message.ends_with(why), "{message}");
    let nested = json!({"speck": [1, {"a": null, "b": "c"}]});
    assert_eq!(
        server.patch(&strict, "strategic-merge", &nested).await.failure(422, "Invalid"),
        format!(
            " \"\" is invalid: patch: Invalid value: \"map[speck:[1 map[a:<nil> b:c]]]\": {why}"
        )
    );
}

#[tokio::test]
async fn a_strategic_patch_is_of_what_it_patches_whatever_it_calls_it() {
    let server = Fixture::new().await;
    let collection = "/apis/apps/v1/namespaces/default/deployments";
    let wanted = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {"containers": [{"name": "main", "image": "one"}]},
            },
        },
    });
    server.post(collection, &wanted).await.expect(201);
    // As Ansible scales.
    let patch = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 3}});
    let path = format!("{collection}/d/scale");
    let scaled = server.patch(&path, "strategic-merge", &patch).await.expect(200);
    assert_eq!((&scaled["kind"], &scaled["spec"]["replicas"]), (&json!("Scale"), &json!(3)));
    server.patch(&path, "merge", &patch).await.failure(400, "BadRequest");
}
