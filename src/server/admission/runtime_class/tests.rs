use serde_json::{Value, json};

use crate::admission::tests::{PODS, pod};
use crate::testing::Fixture;

const CLASSES: &str = "/apis/node.k8s.io/v1/runtimeclasses";

fn pod_with(name: &str, spec: Value) -> Value {
    let mut pod = pod(name, json!({}));
    for (field, value) in spec.as_object().unwrap() {
        pod["spec"][field] = value.clone();
    }
    pod
}

#[tokio::test]
async fn a_pod_takes_cost_and_place_from_its_class() {
    let server = Fixture::new().await;
    let class = json!({
        "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "wasm"},
        "handler": "wasm", "overhead": {"podFixed": {"memory": "10Mi"}},
        "scheduling": {
            "nodeSelector": {"disk": "fast"},
            "tolerations": [{"key": "wasm", "operator": "Exists"}],
        },
    });
    server.post(CLASSES, &class).await.expect(201);
    let wanted = json!({"runtimeClassName": "wasm", "nodeSelector": {"zone": "a"}});
    let made = server.post(PODS, &pod_with("a", wanted)).await.expect(201);
    let spec = &made["spec"];
    assert_eq!(spec["overhead"], json!({"memory": "10Mi"}));
    assert_eq!(spec["nodeSelector"], json!({"disk": "fast", "zone": "a"}));
    assert!(spec["tolerations"].as_array().unwrap().iter().any(|one| one["key"] == "wasm"));
    for (spec, problem) in [
        (json!({"runtimeClassName": "none"}), "pod rejected: RuntimeClass \"none\" not found"),
        (
            json!({"overhead": {"cpu": "1"}}),
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        ),
        (
            json!({"runtimeClassName": "wasm", "overhead": {"cpu": "1"}}),
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
        ),
        (
            json!({"runtimeClassName": "wasm", "nodeSelector": {"disk": "slow"}}),
            "conflict: runtimeClass.scheduling.nodeSelector[disk] = fast; \
             pod.spec.nodeSelector[disk] = slow",
        ),
    ] {
        let message = server.post(PODS, &pod_with("b", spec)).await.failure(403, "Forbidden");
        assert_eq!(message, format!("pods \"b\" is forbidden: {problem}"));
    }
}
