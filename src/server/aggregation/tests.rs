//! Another API server behind this one, for real.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::User;
use crate::testing::Fixture;
use crate::testing::hook::{Hook, Said};

const SERVICES: &str = "/apis/apiregistration.k8s.io/v1/apiservices";
const FISHES: &str = "/apis/sea.example/v1/namespaces/default/fishes";

async fn sea() -> Hook {
    let list = json!({"resources": [{
        "name": "fishes", "singularName": "fish", "namespaced": true, "kind": "Fish",
        "verbs": ["get", "list"],
    }]});
    Hook::start(&["sea.default.svc"], move |path, _| match path {
        "/apis/sea.example/v1" => Said::Json(list.clone()),
        "/openapi/v3" => Said::Json(json!({"paths": {"apis/sea.example/v1": {
            "serverRelativeURL": "/openapi/v3/apis/sea.example/v1?hash=A",
        }}})),
        path if path.starts_with(FISHES) => Said::Json(json!({"kind": "FishList", "items": []})),
        path if path.starts_with("/openapi") => Said::Json(json!({"openapi": "3.0.0"})),
        _ => Said::Status(404, "no"),
    })
    .await
}

async fn join(server: &Fixture, hook: &Hook) {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "sea"},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    });
    server.post("/api/v1/namespaces/default/services", &service).await.expect(201);
    let object = json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": "v1.sea.example"},
        "spec": {
            "group": "sea.example", "version": "v1",
            "groupPriorityMinimum": 100, "versionPriority": 100,
            "caBundle": BASE64_STANDARD.encode(&hook.authority),
            "service": {"namespace": "default", "name": "sea", "port": hook.port},
        },
    });
    server.post(SERVICES, &object).await.expect(201);
}

/// Waits until the condition has a reason.
async fn until(server: &Fixture, reason: &str) -> Value {
    let path = format!("{SERVICES}?watch=1&fieldSelector=metadata.name=v1.sea.example");
    let mut watch = server.watch(&path).await;
    loop {
        let object = watch.next().await.unwrap()["object"].clone();
        if object["status"]["conditions"][0]["reason"] == reason {
            return object["status"]["conditions"][0].clone();
        }
    }
}

#[tokio::test]
async fn what_another_server_has_is_found_and_answered_by_it() {
    let (server, hook) = (Fixture::new().await, sea().await);
    join(&server, &hook).await;
    assert_eq!(until(&server, "Passed").await["status"], "True");
    let groups = server.get("/apis").await.expect(200);
    let groups = groups["groups"].as_array().unwrap();
    assert_eq!(groups.last().unwrap()["name"], "sea.example");
    let group = server.get("/apis/sea.example").await.expect(200);
    assert_eq!(group["preferredVersion"]["version"], "v1");
    let resources = server.get("/apis/sea.example/v1").await.expect(200);
    assert_eq!(resources["resources"][0]["name"], "fishes");
    let index = server.get("/openapi/v3").await.expect(200);
    assert!(index["paths"]["apis/sea.example/v1"].is_object());
    let document = server.get("/openapi/v3/apis/sea.example/v1?hash=A").await.expect(200);
    assert_eq!(document["openapi"], "3.0.0");
    let list = server.get(&format!("{FISHES}?limit=5")).await.expect(200);
    assert_eq!(list["kind"], "FishList");
    assert!(hook.asked().iter().any(|(path, _)| *path == format!("{FISHES}?limit=5")));
    // What this server has is not asked there, and who may not ask does not.
    let asked = hook.asked().len();
    let eve = Request::get(FISHES).body(Full::default()).unwrap();
    let refused = server.send(User::new("eve", &[]), eve).await;
    refused.failure(403, "Forbidden");
    server.get("/api/v1/pods").await.expect(200);
    assert_eq!(hook.asked().len(), asked);
}

#[tokio::test]
async fn an_object_that_is_made_anew_is_looked_after_like_the_first() {
    let (server, hook) = (Fixture::new().await, sea().await);
    join(&server, &hook).await;
    until(&server, "Passed").await;
    let path = format!("{SERVICES}/v1.sea.example");
    let object = server.get(&path).await.expect(200);
    let anew = json!({
        "apiVersion": object["apiVersion"], "kind": object["kind"], "spec": object["spec"],
        "metadata": {"name": object["metadata"]["name"]},
    });
    server.delete(&path, &Value::Null).await.expect(200);
    server.post(SERVICES, &anew).await.expect(201);
    assert_eq!(until(&server, "Passed").await["status"], "True");
}

#[tokio::test]
async fn a_long_body_takes_a_connection_of_its_own() {
    let (server, hook) = (Fixture::new().await, sea().await);
    join(&server, &hook).await;
    until(&server, "Passed").await;
    server.get(FISHES).await.expect(200);
    let shared = hook.connections();
    for (bytes, connections) in [(1 << 20, shared), (4 << 20, shared + 1)] {
        let food = json!("x".repeat(bytes));
        server.post(FISHES, &food).await.expect(200);
        assert!(hook.asked().iter().any(|(path, sent)| path == FISHES && *sent == food));
        assert_eq!(hook.connections(), connections);
    }
}

#[tokio::test]
async fn a_stream_to_a_server_that_never_speaks_is_given_up() {
    let server = Fixture::new().await;
    let hook = Hook::start(&["sea.default.svc"], |path, _| match path {
        "/apis/sea.example/v1" => Said::Json(json!({"resources": []})),
        path if path.starts_with(FISHES) => Said::Nothing,
        _ => Said::Status(404, "no"),
    })
    .await;
    join(&server, &hook).await;
    until(&server, "Passed").await;
    tokio::time::pause();
    let mut nothing = Request::new(Full::<bytes::Bytes>::default());
    let client = hyper::upgrade::on(&mut nothing);
    let request = Request::get(FISHES).header("upgrade", "fish").extension(client);
    let request = request.body(Full::default()).unwrap();
    let answer = server.send(User::admin(), request).await;
    let refused = answer.failure(503, "ServiceUnavailable");
    assert_eq!(refused, "error trying to reach service: it does not answer");
}

#[tokio::test]
async fn a_server_that_is_gone_is_stale_and_unavailable_and_nothing_else_is() {
    let (server, hook) = (Fixture::new().await, sea().await);
    join(&server, &hook).await;
    until(&server, "Passed").await;
    drop(hook);
    while server.get(FISHES).await.code != 503 {
        tokio::task::yield_now().await;
    }
    let condition = until(&server, "FailedDiscoveryCheck").await;
    assert_eq!(condition["status"], "False");
    server.get(FISHES).await.failure(503, "ServiceUnavailable");
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let groups =
        server.ask(http::Method::GET, "/apis", &[("accept", accept)], "").await.expect(200);
    let last = groups["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["versions"][0]["freshness"], "Stale");
    assert_eq!(last["versions"][0]["resources"][0]["resource"], "fishes");
    server.get("/api/v1/pods").await.expect(200);
    // Nobody is asked any more once the object is gone.
    server.delete(&format!("{SERVICES}/v1.sea.example"), &Value::Null).await.expect(200);
    while server.get(FISHES).await.code != 404 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_leads_nowhere_says_where_it_ends() {
    let server = Fixture::new().await;
    let object = json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": "v1.sea.example"},
        "spec": {
            "group": "sea.example", "version": "v1", "insecureSkipTLSVerify": true,
            "groupPriorityMinimum": 100, "versionPriority": 100,
            "service": {"namespace": "default", "name": "sea"},
        },
    });
    server.post(SERVICES, &object).await.expect(201);
    let condition = until(&server, "ServiceNotFound").await;
    assert_eq!(condition["message"], "service/sea in \"default\" is not present");
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "sea"},
        "spec": {"ports": [{"port": 80}]},
    });
    let services = "/api/v1/namespaces/default/services";
    server.post(services, &service).await.expect(201);
    until(&server, "ServicePortError").await;
    let patch = json!({"spec": {"ports": [{"port": 443}]}});
    server.patch(&format!("{services}/sea"), "merge", &patch).await.expect(200);
    until(&server, "EndpointsNotFound").await;
}

#[tokio::test(start_paused = true)]
async fn every_group_of_this_server_has_its_object() {
    let server = Fixture::new().await;
    for name in ["v1.", "v1.apps", "v2.autoscaling"] {
        let object = server.get(&format!("{SERVICES}/{name}")).await.expect(200);
        assert_eq!(object["status"]["conditions"][0]["reason"], "Local");
        assert_eq!(
            object["metadata"]["labels"]["kube-aggregator.kubernetes.io/automanaged"],
            "onstart"
        );
    }
    server.get(&format!("{SERVICES}/v1.apiregistration.k8s.io")).await.failure(404, "NotFound");
}
