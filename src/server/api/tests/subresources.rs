use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::json;

use super::*;
use crate::{BoxBody, Error, NodeTransport};

const REPLICA_SETS: &str = "/apis/apps/v1/namespaces/default/replicasets";

fn replica_set(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": name},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "x"}},
            "template": {
                "metadata": {"labels": {"app": "x"}},
                "spec": {"containers": [{"name": "main", "image": "hello"}]},
            },
        },
    })
}

#[tokio::test]
async fn the_scale_is_read_and_written() {
    let server = Fixture::new().await;
    let created = server.post(REPLICA_SETS, &replica_set("r")).await.expect(201);
    let path = format!("{REPLICA_SETS}/r/scale");
    let scale = server.get(&path).await.expect(200);
    assert_eq!(scale["kind"], "Scale");
    assert_eq!(scale["spec"]["replicas"], 2);
    assert_eq!(scale["status"]["selector"], "app=x");
    assert_eq!(scale["metadata"]["uid"], created["metadata"]["uid"]);
    let patched = server.patch(&path, "merge", &json!({"spec": {"replicas": 5}})).await.expect(200);
    assert_eq!(patched["spec"]["replicas"], 5);
    let set = server.get(&format!("{REPLICA_SETS}/r")).await.expect(200);
    assert_eq!(set["spec"]["replicas"], 5);
    assert_eq!(set["metadata"]["generation"], 2);
    server.put(&path, &scale).await.failure(409, "Conflict");
    let mut negative = patched.clone();
    negative["spec"]["replicas"] = (-1).into();
    server.put(&path, &negative).await.failure(422, "Invalid");
}

#[tokio::test]
async fn a_pod_is_bound_once() {
    let server = Fixture::new().await;
    server.post(PODS, &pod("p")).await.expect(201);
    let binding = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": "n"},
    });
    let path = format!("{PODS}/p/binding");
    let mut stale = binding.clone();
    stale["metadata"]["resourceVersion"] = "1".into();
    server.post(&path, &stale).await.failure(409, "Conflict");
    let status = server.post(&path, &binding).await.expect(201);
    assert_eq!(status["status"], "Success");
    let bound = server.get(&format!("{PODS}/p")).await.expect(200);
    assert_eq!(bound["spec"]["nodeName"], "n");
    assert_eq!(bound["status"]["conditions"][0]["type"], "PodScheduled");
    let message = server.post(&path, &binding).await.failure(409, "Conflict");
    assert!(message.ends_with("pod p is already assigned to node \"n\""), "{message}");
    server.post(PODS, &pod("q")).await.expect(201);
    let mut other = binding.clone();
    other["metadata"]["name"] = "q".into();
    server.post("/api/v1/namespaces/default/bindings", &other).await.expect(201);
}

#[tokio::test]
async fn a_namespace_is_finalized_by_whoever_has_looked_at_it() {
    let server = Fixture::new().await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
    let mut namespace = server.post("/api/v1/namespaces", &namespace).await.expect(201);
    let uid = namespace["metadata"]["uid"].take();
    namespace["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    namespace["metadata"]["uid"] = "of-an-earlier-one".into();
    namespace["spec"]["finalizers"] = json!([]);
    let path = "/api/v1/namespaces/a/finalize";
    server.put(path, &namespace).await.failure(409, "Conflict");
    namespace["metadata"]["uid"] = uid;
    server.put(path, &namespace).await.expect(200);
}

#[tokio::test]
async fn an_eviction_deletes() {
    let server = Fixture::new().await;
    server.post(PODS, &pod("p")).await.expect(201);
    let eviction =
        json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}});
    let status = server.post(&format!("{PODS}/p/eviction"), &eviction).await.expect(201);
    assert_eq!(status["status"], "Success");
    server.get(&format!("{PODS}/p")).await.failure(404, "NotFound");
}

/// Answers with a text and remembers what it was asked.
#[derive(Debug, Default)]
struct Node(Mutex<Vec<String>>);

#[async_trait]
impl NodeTransport for Node {
    async fn send(&self, node: &str, request: Request<Bytes>) -> Result<Response<BoxBody>, Error> {
        self.0.lock().unwrap().push(format!("{node} {}", request.uri()));
        let body = Full::new(Bytes::from("hello\n")).map_err(|never| match never {});
        Ok(Response::new(BodyExt::boxed(body)))
    }
}

#[tokio::test]
async fn logs_come_from_the_node() {
    let node = Arc::new(Node::default());
    let server = Fixture::with_nodes(Arc::clone(&node) as Arc<dyn NodeTransport>).await;
    let mut scheduled = pod("p");
    scheduled["spec"]["nodeName"] = "n".into();
    server.post(PODS, &scheduled).await.expect(201);
    let path = format!("{PODS}/p/log");
    let reply = server.get(&format!("{path}?follow=true&tailLines=5")).await;
    assert_eq!((reply.code, &reply.body[..]), (200, &b"hello\n"[..]));
    assert_eq!(reply.headers["content-type"], "text/plain");
    assert_eq!(
        *node.0.lock().unwrap(),
        ["n /containerLogs/default/p/main?follow=true&tailLines=5"]
    );
    // As Python writes it.
    server.get(&format!("{path}?follow=True&previous=False&timestamps=")).await;
    assert_eq!(
        node.0.lock().unwrap()[1],
        "n /containerLogs/default/p/main?follow=true&previous=false&timestamps=true"
    );
    let message = server.get(&format!("{path}?tailLines=a")).await.failure(400, "BadRequest");
    assert_eq!(message, "strconv.ParseInt: parsing \"a\": invalid syntax");
    let message = server.get(&format!("{path}?container=x")).await.failure(400, "BadRequest");
    assert_eq!(message, "container x is not valid for pod p");
    let mut two = pod("two");
    two["spec"]["containers"] = json!([{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]);
    server.post(PODS, &two).await.expect(201);
    let message = server.get(&format!("{PODS}/two/log")).await.failure(400, "BadRequest");
    assert_eq!(message, "a container name must be specified for pod two, choose one of: [a b]");
}

#[tokio::test]
async fn a_pod_is_not_placed_as_long_as_a_gate_holds_it() {
    let server = Fixture::new().await;
    let mut held = pod("p");
    held["spec"]["schedulingGates"] = json!([{"name": "quota"}]);
    server.post(PODS, &held).await.expect(201);
    let binding = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": "n"},
    });
    let path = format!("{PODS}/p/binding");
    let message = server.post(&path, &binding).await.failure(409, "Conflict");
    assert!(message.ends_with("pod p has non-empty .spec.schedulingGates"), "{message}");
    let freed = json!({"spec": {"schedulingGates": null, "nodeSelector": {"pool": "a"}}});
    server.patch(&format!("{PODS}/p"), "merge", &freed).await.expect(200);
    server.post(&path, &binding).await.expect(201);
}

#[tokio::test]
async fn a_pod_that_has_its_node_forgets_the_one_it_was_to_get() {
    let server = Fixture::new().await;
    server.post(PODS, &pod("p")).await.expect(201);
    let nominated = json!({"status": {"nominatedNodeName": "m"}});
    server.patch(&format!("{PODS}/p/status"), "merge", &nominated).await.expect(200);
    let binding = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": "n"},
    });
    server.post(&format!("{PODS}/p/binding"), &binding).await.expect(201);
    let bound = server.get(&format!("{PODS}/p")).await.expect(200);
    assert_eq!(bound["status"].get("nominatedNodeName"), None);
}
