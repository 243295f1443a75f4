use expect_test::expect;
use serde_json::{Value, json};

use super::{HorizontalPodAutoscalerV1, from_stored, to_stored};
use crate::fixture::{admitted, problems_of_update, refusals, row};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "maxReplicas": 5, "targetCPUUtilizationPercentage": 70}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/maxReplicas", json!(0)),
        ("/spec/minReplicas", json!(9)),
        ("/spec/targetCPUUtilizationPercentage", json!(0)),
    ];
    expect![[r"
        no /spec/maxReplicas
            spec.maxReplicas: Invalid value: 0: must be greater than 0
            spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`
        no /spec/scaleTargetRef
            spec.scaleTargetRef.kind: Required value
            spec.scaleTargetRef.name: Required value
        no /spec/scaleTargetRef/kind
            spec.scaleTargetRef.kind: Required value
        no /spec/scaleTargetRef/name
            spec.scaleTargetRef.name: Required value
        /spec/maxReplicas = 0
            spec.maxReplicas: Invalid value: 0: must be greater than 0
            spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`
        /spec/minReplicas = 9
            spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`
        /spec/targetCPUUtilizationPercentage = 0
            spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0
    "]].assert_eq(&refusals(&HorizontalPodAutoscalerV1, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&HorizontalPodAutoscalerV1, valid());
    object["status"]["currentCPUUtilizationPercentage"] = json!(12);
    expect![[r"
        Name: web
        Reference: Deployment/web
        Targets: cpu: 12%/70%
        MinPods: 1
        MaxPods: 5
        Replicas: 0
        Age: 4m5s
    "]]
    .assert_eq(&row(&HorizontalPodAutoscalerV1, &object));
}

fn newer() -> Value {
    json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "default", "annotations": {"a": "b"}},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 1, "maxReplicas": 5, "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
            {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
            {"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "9"}}},
            {"type": "Object", "object": {"describedObject": {"kind": "Ingress", "name": "i"}, "metric": {"name": "rate"},
                "target": {"type": "Value", "value": "2"}}},
            {"type": "External", "external": {"metric": {"name": "queue", "selector": {"matchLabels": {"a": "b"}}},
                "target": {"type": "AverageValue", "averageValue": "3"}}}],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}},
        "status": {"currentReplicas": 2, "desiredReplicas": 3,
            "conditions": [{"type": "AbleToScale", "status": "True", "reason": "Ready"}],
            "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu",
                "current": {"averageUtilization": 12, "averageValue": "12m"}}}]}})
}

#[test]
fn nothing_is_lost_between_the_versions() {
    let older = from_stored(newer());
    assert_eq!(older["spec"]["targetCPUUtilizationPercentage"], 70);
    assert_eq!(older["status"]["currentCPUUtilizationPercentage"], 12);
    assert_eq!(to_stored(older), newer());
}

#[test]
fn what_has_no_field_is_an_annotation() {
    let older = from_stored(newer());
    let annotations = older["metadata"]["annotations"].as_object().unwrap();
    let lines: Vec<String> = annotations
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.as_str().unwrap()))
        .collect();
    expect![[r#"
        a: b
        autoscaling.alpha.kubernetes.io/behavior: {"ScaleDown":{"StabilizationWindowSeconds":60}}
        autoscaling.alpha.kubernetes.io/conditions: [{"reason":"Ready","status":"True","type":"AbleToScale"}]
        autoscaling.alpha.kubernetes.io/current-metrics: [{"resource":{"currentAverageUtilization":12,"currentAverageValue":"12m","name":"cpu"},"type":"Resource"}]
        autoscaling.alpha.kubernetes.io/metrics: [{"resource":{"name":"memory","targetAverageValue":"1Gi"},"type":"Resource"},{"pods":{"metricName":"hits","targetAverageValue":"9"},"type":"Pods"},{"object":{"metricName":"rate","target":{"kind":"Ingress","name":"i"},"targetValue":"2"},"type":"Object"},{"external":{"metricName":"queue","metricSelector":{"matchLabels":{"a":"b"}},"targetAverageValue":"3"},"type":"External"}]"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn an_update_by_a_writer_who_drops_annotations_keeps_the_status() {
    let old = from_stored(newer());
    let mut new = old.clone();
    new["metadata"].as_object_mut().unwrap().remove("annotations");
    HorizontalPodAutoscalerV1.prepare_update(&mut new, &old);
    assert_eq!(to_stored(new)["status"], newer()["status"]);
}

#[test]
fn no_metric_at_all_means_the_processor() {
    let mut autoscaler = valid();
    autoscaler["spec"].as_object_mut().unwrap().remove("targetCPUUtilizationPercentage");
    let spec = &admitted(&HorizontalPodAutoscalerV1, autoscaler)["spec"];
    assert_eq!(spec["targetCPUUtilizationPercentage"], 80);
}

#[test]
fn what_version_2_leaves_out_is_left_out() {
    let older = admitted(&HorizontalPodAutoscalerV1, valid());
    assert_eq!(older["status"], json!({"currentReplicas": 0, "desiredReplicas": 0}));
    assert_eq!(to_stored(older)["status"], json!({"desiredReplicas": 0}));
}

#[test]
fn what_annotations_say_is_checked_when_they_change() {
    let mut stored = to_stored(admitted(&HorizontalPodAutoscalerV1, valid()));
    stored["spec"]["behavior"] = json!({"scaleDown": {"selectPolicy": "Max",
        "policies": [{"type": "Pods", "value": 7, "periodSeconds": 60}]}});
    let old = from_stored(stored);
    let mut new = old.clone();
    for text in new["metadata"]["annotations"].as_object_mut().unwrap().values_mut() {
        *text = text.as_str().unwrap().replace('7', "0").into();
    }
    expect![
        "spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero"
    ]
    .assert_eq(&problems_of_update(&HorizontalPodAutoscalerV1, &new, &old));
}
