//! The server as a client sees it, over the memory store.

mod applies;
mod deadlines;
mod deletes;
mod errors;
mod evictions;
mod kinds;
mod lists;
mod namespaces;
mod owners;
mod patches;
mod proxies;
mod routes;
mod subresources;
mod views;
mod watches;
mod writes;

use machinery::Reason;
use serde_json::{Value, json};

use crate::api::caught;
use crate::testing::Fixture;

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
const PODS: &str = "/api/v1/namespaces/default/pods";

fn config_map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

fn labelled(name: &str, label: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"app": label}},
    })
}

fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"containers": [{"name": "main", "image": "hello"}]},
    })
}

/// Creates config maps of these names and returns the revision of the last.
async fn create(server: &Fixture, names: &[&str]) -> u64 {
    let mut revision = 0;
    for name in names {
        let created = server.post(CONFIG_MAPS, &config_map(name, json!({}))).await.expect(201);
        revision = version(&created);
    }
    revision
}

fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_panic_ends_one_request() {
    let panics = std::pin::pin!(async { panic!("on purpose") });
    let failure = caught(panics).await.expect_err("it panicked");
    assert_eq!((failure.code(), failure.reason), (500, Reason::InternalError));
    assert!(failure.message.contains("This request caused apiserver to panic"));
}
