//! Webhooks that change objects.

use serde_json::{Value, json};

use super::{MAPS, config_map, configure, hook, patch, webhook};
use crate::testing::{Fixture, Hook};

/// Appends to `data.path`, which says who changed the object in which order.
fn append(review: &Value, letter: &str) -> Value {
    let object = &review["request"]["object"];
    let path = object["data"]["path"].as_str().unwrap_or_default();
    patch(json!([
        {"op": "add", "path": "/data", "value": {"path": format!("{path}{letter}")}},
    ]))
}

#[tokio::test]
async fn webhooks_change_an_object_in_the_order_of_their_names() {
    let server = Fixture::new().await;
    let first = hook(|review| append(review, "a")).await;
    let second = hook(|review| append(review, "b")).await;
    configure(&server, "Mutating", "2", &[webhook("second", &second, json!({}))]).await;
    configure(&server, "Mutating", "1", &[webhook("first", &first, json!({}))]).await;
    let made = server.post(MAPS, &config_map("m")).await.expect(201);
    assert_eq!(made["data"]["path"], "ab");
    let change = json!({"data": {"path": "x"}});
    let changed = server.patch(&format!("{MAPS}/m"), "merge", &change).await.expect(200);
    assert_eq!(changed["data"]["path"], "xab");
}

#[tokio::test]
async fn who_wants_it_sees_what_others_changed_after_it() {
    let server = Fixture::new().await;
    let eager = hook(|review| append(review, "a")).await;
    let other = hook(|review| append(review, "b")).await;
    let webhooks = [
        webhook("eager", &eager, json!({"reinvocationPolicy": "IfNeeded"})),
        webhook("other", &other, json!({})),
    ];
    configure(&server, "Mutating", "m", &webhooks).await;
    let made = server.post(MAPS, &config_map("m")).await.expect(201);
    assert_eq!(made["data"]["path"], "aba");
    assert_eq!((eager.asked().len(), other.asked().len()), (2, 1));
}

#[tokio::test]
async fn who_changes_an_object_is_not_told_a_name_that_is_made_up() {
    let server = Fixture::new().await;
    let changing = hook(|review| append(review, "a")).await;
    let checking = hook(|_| json!({"allowed": true})).await;
    configure(&server, "Mutating", "m", &[webhook("changing", &changing, json!({}))]).await;
    configure(&server, "Validating", "v", &[webhook("checking", &checking, json!({}))]).await;
    let mut wanted = config_map("");
    wanted["metadata"] = json!({"generateName": "m-"});
    let made = server.post(MAPS, &wanted).await.expect(201);
    assert_eq!(made["data"]["path"], "a");
    let name = made["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("m-"), "{name}");

    let asked = |hook: &Hook| {
        let [(_, review)] = hook.asked().try_into().unwrap();
        (review["request"]["name"].clone(), review["request"]["object"]["metadata"].clone())
    };
    let (asked_name, metadata) = asked(&changing);
    assert_eq!((asked_name, &metadata["generateName"]), (Value::Null, &json!("m-")));
    for field in ["name", "uid", "creationTimestamp"] {
        assert_eq!(metadata.get(field), None, "{field}");
    }
    let (asked_name, metadata) = asked(&checking);
    assert_eq!((asked_name, &metadata["name"]), (json!(name), &json!(name)));
    assert_eq!(metadata["uid"], made["metadata"]["uid"]);
}

#[tokio::test]
async fn what_a_webhook_makes_gets_defaults_and_must_be_valid() {
    let server = Fixture::new().await;
    let sidecar = hook(|review| {
        let image = review["request"]["object"]["metadata"]["annotations"]["image"].clone();
        patch(json!([
            {"op": "add", "path": "/spec/containers/-", "value": {"name": "side", "image": image}},
        ]))
    })
    .await;
    let rules = json!({"rules": [{
        "operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"],
    }]});
    configure(&server, "Mutating", "m", &[webhook("sidecar", &sidecar, rules)]).await;
    let pods = "/api/v1/namespaces/default/pods";
    let mut pod = crate::admission::tests::pod("good", json!({}));
    pod["metadata"]["annotations"] = json!({"image": "side:1"});
    let made = server.post(pods, &pod).await.expect(201);
    let side = &made["spec"]["containers"][1];
    assert_eq!(side["imagePullPolicy"], "IfNotPresent");
    // The plugins have seen it: the token of the account is mounted.
    assert_eq!(
        side["volumeMounts"][0]["mountPath"],
        "/var/run/secrets/kubernetes.io/serviceaccount"
    );
    let mut bad = crate::admission::tests::pod("bad", json!({}));
    bad["metadata"]["annotations"] = json!({"image": ""});
    let refused = server.post(pods, &bad).await.failure(422, "Invalid");
    assert!(refused.contains("spec.containers[1].image: Required value"), "{refused}");
}

#[tokio::test]
async fn a_webhook_does_not_make_it_another_object() {
    let server = Fixture::new().await;
    let bold = hook(|_| {
        patch(json!([
            {"op": "replace", "path": "/metadata/name", "value": "other"},
            {"op": "replace", "path": "/metadata/uid", "value": "mine"},
            {"op": "add", "path": "/metadata/managedFields", "value": [
                {"manager": "me", "operation": "Magic", "apiVersion": "v1",
                    "fieldsType": "FieldsV1", "fieldsV1": {"nonsense": {}}},
            ]},
            {"op": "add", "path": "/metadata/labels", "value": {"bold": "yes"}},
        ]))
    })
    .await;
    configure(&server, "Mutating", "m", &[webhook("bold", &bold, json!({}))]).await;
    let mut map = config_map("m");
    map["data"] = json!({"k": "v"});
    let made = server.post(MAPS, &map).await.expect(201);
    let metadata = &made["metadata"];
    assert_eq!((&metadata["name"], &metadata["labels"]["bold"]), (&"m".into(), &"yes".into()));
    assert_ne!(metadata["uid"], "mine");
    assert_eq!(metadata["managedFields"][0]["operation"], "Update");
}

#[tokio::test]
async fn a_webhook_names_what_has_no_name_yet() {
    let server = Fixture::new().await;
    let naming =
        hook(|_| patch(json!([{"op": "add", "path": "/metadata/name", "value": "m-1"}]))).await;
    configure(&server, "Mutating", "m", &[webhook("naming", &naming, json!({}))]).await;
    let mut wanted = config_map("");
    wanted["metadata"] = json!({"generateName": "m-"});
    assert_eq!(server.post(MAPS, &wanted).await.expect(201)["metadata"]["name"], "m-1");
    server.post(MAPS, &wanted).await.failure(409, "AlreadyExists");
}

#[tokio::test]
async fn an_answer_that_is_none_counts_as_a_failure() {
    let server = Fixture::new().await;
    let odd = hook(|_| json!({"allowed": true, "patch": "W10="})).await;
    configure(&server, "Mutating", "m", &[webhook("odd", &odd, json!({}))]).await;
    let message = server.post(MAPS, &config_map("m")).await.failure(500, "InternalError");
    assert_eq!(
        message,
        "Internal error occurred: failed calling webhook \"odd.example.com\": received invalid webhook \
         response: webhook returned response.patch but not response.patchType"
    );
}

#[tokio::test]
async fn what_a_webhook_makes_of_a_custom_resource_is_pruned() {
    let server = Fixture::new().await;
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "lamps.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "lamps", "kind": "Lamp"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {"type": "object", "properties": {
                    "watts": {"type": "integer", "default": 5}, "color": {"type": "string"}}}}}}}],
        },
    });
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    server.post(definitions, &definition).await.expect(201);
    let hook = hook(|_| {
        patch(json!([{"op": "add", "path": "/spec", "value": {"color": "red", "smell": "none"}}]))
    })
    .await;
    let rules = json!({"rules": [{
        "operations": ["CREATE"], "apiGroups": ["example.com"], "apiVersions": ["v1"], "resources": ["lamps"],
    }]});
    configure(&server, "Mutating", "m", &[webhook("lamps", &hook, rules)]).await;
    let lamp = json!({"apiVersion": "example.com/v1", "kind": "Lamp", "metadata": {"name": "a"}});
    let made =
        server.post("/apis/example.com/v1/namespaces/default/lamps", &lamp).await.expect(201);
    assert_eq!(made["spec"], json!({"color": "red", "watts": 5}));
}
