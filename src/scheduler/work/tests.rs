//! What is written on a pod that fits nowhere.

use std::sync::Arc;

use expect_test::expect;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::{binding, condition, ignored};
use crate::demand::Demand;
use crate::testing::pod;

fn with_condition(condition: Value) -> Arc<Pod> {
    let mut pod = pod("p").as_ref().clone();
    pod.status = serde_json::from_value(json!({"conditions": [condition]})).unwrap();
    Arc::new(pod)
}

fn patch(pod: &Pod, message: &str) -> Option<Value> {
    condition(pod, message, "2026-01-01T00:00:05.5Z".parse().unwrap())
}

#[test]
fn the_first_refusal_is_dated() {
    expect![[r#"{"metadata":{"resourceVersion":null,"uid":"p"},"status":{"conditions":[{"lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:05Z","message":"no room","observedGeneration":null,"reason":"Unschedulable","status":"False","type":"PodScheduled"}]}}"#]]
        .assert_eq(&patch(&pod("p"), "no room").unwrap().to_string());
}

#[test]
fn a_repeated_refusal_is_not_written() {
    let refused = with_condition(json!({
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }));
    assert_eq!(patch(&refused, "no room"), None);
    let changed = patch(&refused, "no nodes").unwrap();
    let since = &changed["status"]["conditions"][0]["lastTransitionTime"];
    assert_eq!(since, "2026-01-01T00:00:00Z", "the status has not changed, only the words");
}

#[test]
fn a_binding_names_the_very_pod() {
    let binding = serde_json::to_value(binding(&pod("p"), "n")).unwrap();
    assert_eq!(binding["metadata"], json!({"name": "p", "namespace": "default", "uid": "p"}));
    assert_eq!(binding["target"], json!({"apiVersion": "v1", "kind": "Node", "name": "n"}));
}

#[test]
fn demands_about_other_pods_are_said_to_be_ignored() {
    let said = |spec: Value| {
        let mut pod = pod("p").as_ref().clone();
        let mut document = serde_json::to_value(&pod.spec).unwrap();
        document.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        pod.spec = serde_json::from_value(document).unwrap();
        ignored(&Demand::of(Arc::new(pod)))
    };
    let term = json!({"topologyKey": "kubernetes.io/hostname"});
    let spread =
        |when: &str| json!({"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": when});
    assert_eq!(said(json!({"topologySpreadConstraints": [spread("ScheduleAnyway")]})), None);
    let apart =
        json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
    assert_eq!(
        said(json!({"affinity": apart})).as_deref(),
        Some("podAntiAffinity is ignored by this scheduler")
    );
    let both = json!({"affinity": apart, "topologySpreadConstraints": [spread("DoNotSchedule")]});
    assert_eq!(
        said(both).as_deref(),
        Some("podAntiAffinity and topologySpreadConstraints are ignored by this scheduler")
    );
}
