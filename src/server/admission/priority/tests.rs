use serde_json::{Value, json};

use crate::admission::tests::{PODS, pod};
use crate::testing::Fixture;

const CLASSES: &str = "/apis/scheduling.k8s.io/v1/priorityclasses";

fn class(name: &str, value: i64, default: bool) -> Value {
    json!({
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
        "value": value, "globalDefault": default, "preemptionPolicy": "Never",
    })
}

fn pod_of(name: &str, class: &str) -> Value {
    let mut pod = pod(name, json!({}));
    pod["spec"]["priorityClassName"] = class.into();
    pod
}

#[tokio::test]
async fn a_pod_has_the_priority_of_its_class() {
    let server = Fixture::new().await;
    for name in ["system-node-critical", "system-cluster-critical"] {
        server.get(&format!("{CLASSES}/{name}")).await.expect(200);
    }
    server.post(CLASSES, &class("high", 1000, false)).await.expect(201);
    for (name, class, value, preemption) in [
        ("a", "high", 1000, "Never"),
        ("b", "system-node-critical", 2_000_001_000, "PreemptLowerPriority"),
        ("c", "", 0, "PreemptLowerPriority"),
    ] {
        let made = server.post(PODS, &pod_of(name, class)).await.expect(201);
        assert_eq!(made["spec"]["priority"], value);
        assert_eq!(made["spec"]["preemptionPolicy"], preemption);
    }
    let message = server.post(PODS, &pod_of("d", "low")).await.failure(403, "Forbidden");
    assert_eq!(message, "pods \"d\" is forbidden: no PriorityClass with name low was found");
    let mut wrong = pod_of("e", "high");
    wrong["spec"]["priority"] = 7.into();
    let message = server.post(PODS, &wrong).await.failure(403, "Forbidden");
    assert!(
        message.contains("the integer value of priority (7) must not be provided"),
        "{message}"
    );
}

/// A client may write a pod anew from its manifest, which says nothing of what admission filled in.
#[tokio::test]
async fn a_pod_that_is_replaced_keeps_what_admission_gave_it() {
    let server = Fixture::new().await;
    server.post(CLASSES, &class("high", 1000, false)).await.expect(201);
    let made = server.post(PODS, &pod_of("a", "high")).await.expect(201);
    let mut again = made.clone();
    for field in ["priority", "preemptionPolicy", "tolerations"] {
        again["spec"].as_object_mut().unwrap().remove(field).unwrap();
    }
    again["metadata"]["labels"] = json!({"changed": "yes"});
    let again = server.put(&format!("{PODS}/a"), &again).await.expect(200);
    assert_eq!(again["spec"], made["spec"]);
}

#[tokio::test]
async fn one_class_may_be_the_default() {
    let server = Fixture::new().await;
    server.post(CLASSES, &class("usual", 10, true)).await.expect(201);
    let made = server.post(PODS, &pod_of("a", "")).await.expect(201);
    assert_eq!(made["spec"]["priorityClassName"], "usual");
    assert_eq!(made["spec"]["priority"], 10);
    let message = server.post(CLASSES, &class("other", 11, true)).await.failure(403, "Forbidden");
    assert!(
        message.ends_with(
            "PriorityClass usual is already marked as default. Only one default can exist"
        )
    );
    let path = format!("{CLASSES}/usual");
    server.patch(&path, "merge", &json!({"description": "x"})).await.expect(200);
}
