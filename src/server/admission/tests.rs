//! What plugins have in common, and what plugins that fit on a line do.

use serde_json::{Value, json};

use crate::testing::Fixture;

pub(super) const PODS: &str = "/api/v1/namespaces/default/pods";
const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";

/// A pod of one container with these resources.
pub(in crate::admission) fn pod(name: &str, resources: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"containers": [{"name": "main", "image": "hello", "resources": resources}]},
    })
}

pub(super) fn claim(name: &str, storage: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}},
        },
    })
}

#[tokio::test]
async fn claims_and_volumes_are_protected() {
    let server = Fixture::new().await;
    let made = server.post(CLAIMS, &claim("c", "1Gi")).await.expect(201);
    assert_eq!(made["metadata"]["finalizers"], json!(["kubernetes.io/pvc-protection"]));
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "v"},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"},
            "hostPath": {"path": "/data"},
        },
    });
    let made = server.post("/api/v1/persistentvolumes", &volume).await.expect(201);
    assert_eq!(made["metadata"]["finalizers"], json!(["kubernetes.io/pv-protection"]));
}

#[tokio::test]
async fn what_admission_fills_in_counts_for_the_quality_of_service() {
    let server = Fixture::new().await;
    let range = json!({
        "apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "r"},
        "spec": {"limits": [{"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}}]},
    });
    server.post("/api/v1/namespaces/default/limitranges", &range).await.expect(201);
    let made = server.post(PODS, &pod("p", json!({}))).await.expect(201);
    assert_eq!(made["status"]["qosClass"], "Guaranteed");
    let resources = &made["spec"]["containers"][0]["resources"];
    assert_eq!(resources["requests"], json!({"cpu": "1", "memory": "1Gi"}));
    assert_eq!(
        made["metadata"]["annotations"]["kubernetes.io/limit-ranger"],
        "LimitRanger plugin set: cpu, memory request for container main; cpu, memory limit for \
         container main"
    );
}

#[tokio::test]
async fn a_pod_says_in_which_zone_its_node_is() {
    let server = Fixture::new().await;
    let node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n", "labels": {
            "topology.kubernetes.io/zone": "z1", "topology.kubernetes.io/region": "r1", "own": "x",
        }},
    });
    server.post("/api/v1/nodes", &node).await.expect(201);
    server.post(PODS, &pod("p", json!({}))).await.expect(201);
    let binding = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": "n"},
    });
    server.post(&format!("{PODS}/p/binding"), &binding).await.expect(201);
    let bound = server.get(&format!("{PODS}/p")).await.expect(200);
    let labels =
        json!({"topology.kubernetes.io/zone": "z1", "topology.kubernetes.io/region": "r1"});
    assert_eq!(bound["metadata"]["labels"], labels);
}

/// No pod comes to it before its conditions were looked at.
#[tokio::test]
async fn a_new_node_is_tainted() {
    let server = Fixture::new().await;
    let taint = json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
    let own = json!({"key": "own", "effect": "NoExecute"});
    for (name, asked, expected) in [
        ("a", json!(null), json!([taint])),
        ("b", json!([own]), json!([own, taint])),
        ("c", json!([taint]), json!([taint])),
    ] {
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"taints": asked},
        });
        let made = server.post("/api/v1/nodes", &node).await.expect(201);
        assert_eq!(made["spec"]["taints"], expected);
    }
}
