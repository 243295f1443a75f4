use expect_test::expect;
use serde_json::{Value, json};

use super::HorizontalPodAutoscaler;
use crate::fixture::{admitted, refusals, refused_statuses, row};

fn valid() -> Value {
    json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "maxReplicas": 5, "metrics": [{"type": "Resource", "resource": {"name": "cpu",
        "target": {"type": "Utilization", "averageUtilization": 70}}}, {"type": "Pods",
        "pods": {"metric": {"name": "requests"}, "target": {"type": "AverageValue", "averageValue": "100"}}},
        {"type": "External", "external": {"metric": {"name": "queue",
        "selector": {"matchLabels": {"a": "b"}}}, "target": {"type": "Value", "value": "30"}}}],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/maxReplicas", json!(0)),
        ("/spec/minReplicas", json!(0)),
        ("/spec/minReplicas", json!(9)),
        ("/spec/scaleTargetRef/apiVersion", json!("a/b/c")),
        ("/spec/metrics/0/type", json!("Magic")),
        ("/spec/metrics/0/type", json!("Pods")),
        ("/spec/metrics/0/resource/target/type", json!("Magic")),
        ("/spec/metrics/0/resource/target/averageUtilization", json!(0)),
        ("/spec/metrics/0/resource/target/averageUtilization", json!(null)),
        ("/spec/metrics/0/resource/target/averageValue", json!("1")),
        ("/spec/metrics/1/pods/target/averageValue", json!("0")),
        ("/spec/metrics/1/pods/target/averageValue", json!(null)),
        ("/spec/metrics/2/external/target/averageValue", json!("1")),
        ("/spec/metrics/2/external/target/value", json!(null)),
        ("/spec/behavior/scaleUp/policies", json!([])),
        ("/spec/behavior/scaleUp/selectPolicy", json!("Magic")),
        ("/spec/behavior/scaleDown/stabilizationWindowSeconds", json!(4000)),
        (
            "/spec/behavior/scaleDown/policies",
            json!([{"type": "Magic", "value": 0, "periodSeconds": 2000}]),
        ),
    ];
    expect![[r#"
        no /spec/behavior/scaleDown/policies/0/periodSeconds
            spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 0: must be greater than zero
        no /spec/behavior/scaleDown/policies/0/type
            spec.behavior.scaleDown.policies[0].type: Required value
        no /spec/behavior/scaleDown/policies/0/value
            spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero
        no /spec/behavior/scaleUp/policies/0/periodSeconds
            spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 0: must be greater than zero
        no /spec/behavior/scaleUp/policies/0/type
            spec.behavior.scaleUp.policies[0].type: Required value
        no /spec/behavior/scaleUp/policies/0/value
            spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero
        no /spec/maxReplicas
            spec.maxReplicas: Invalid value: 0: must be greater than 0
            spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`
        no /spec/metrics/0/resource/name
            spec.metrics[0].resource.name: Required value: must specify a resource name
        no /spec/metrics/0/resource/target
            spec.metrics[0].resource.target.type: Required value: must specify a metric target type
            spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization
        no /spec/metrics/0/resource/target/type
            spec.metrics[0].resource.target.type: Required value: must specify a metric target type
        no /spec/metrics/0/type
            spec.metrics[0].type: Required value: must specify a metric source type
            spec.metrics[0].resource: Forbidden: must populate the given metric source only
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
        /spec/minReplicas = 0
            spec.minReplicas: Invalid value: 0: must be greater than or equal to 1
        /spec/minReplicas = 9
            spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`
        /spec/scaleTargetRef/apiVersion = "a/b/c"
            spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c
        /spec/metrics/0/type = "Magic"
            spec.metrics[0].type: Unsupported value: "Magic": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"
            spec.metrics[0].resource: Forbidden: must populate the given metric source only
        /spec/metrics/0/type = "Pods"
            spec.metrics[0].pods: Required value: must populate information for the given metric source
            spec.metrics[0].resource: Forbidden: must populate the given metric source only
        /spec/metrics/0/resource/target/type = "Magic"
            spec.metrics[0].resource.target.type: Invalid value: "Magic": must be either Utilization, Value, or AverageValue
        /spec/metrics/0/resource/target/averageUtilization = 0
            spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0
        no /spec/metrics/0/resource/target/averageUtilization
            spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization
        /spec/metrics/0/resource/target/averageValue = "1"
            spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization
        /spec/metrics/1/pods/target/averageValue = "0"
            spec.metrics[1].pods.target.averageValue: Invalid value: "0": must be positive
        no /spec/metrics/1/pods/target/averageValue
            spec.metrics[1].pods.target.averageValue: Required value: must specify a positive target averageValue
        /spec/metrics/2/external/target/averageValue = "1"
            spec.metrics[2].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target
        no /spec/metrics/2/external/target/value
            spec.metrics[2].external.target.averageValue: Required value: must set either a target value for metric or a per-pod target
        /spec/behavior/scaleUp/policies = []
            spec.behavior.scaleUp.policies: Required value: must specify at least one Policy
        /spec/behavior/scaleUp/selectPolicy = "Magic"
            spec.behavior.scaleUp.selectPolicy: Unsupported value: "Magic": supported values: "Disabled", "Max", "Min"
        /spec/behavior/scaleDown/stabilizationWindowSeconds = 4000
            spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600
        /spec/behavior/scaleDown/policies = [{"periodSeconds":2000,"type":"Magic","value":0}]
            spec.behavior.scaleDown.policies[0].type: Unsupported value: "Magic": supported values: "Percent", "Pods"
            spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero
            spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 2000: must be less than or equal to 1800
    "#]].assert_eq(&refusals(&HorizontalPodAutoscaler, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&HorizontalPodAutoscaler, valid());
    object["status"] = json!({"currentReplicas": 3, "desiredReplicas": 3, "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 12, "averageValue": "12m"}}}]});
    expect![[r"
        Name: web
        Reference: Deployment/web
        Targets: cpu: 12%/70%, <unknown>/100 + 1 more...
        MinPods: 1
        MaxPods: 5
        Replicas: 3
        Age: 4m5s
    "]]
    .assert_eq(&row(&HorizontalPodAutoscaler, &object));
}

#[test]
fn without_metrics_it_watches_the_processor() {
    let mut autoscaler = valid();
    autoscaler["spec"] =
        json!({"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 5});
    let spec = &admitted(&HorizontalPodAutoscaler, autoscaler)["spec"];
    assert_eq!(spec["minReplicas"], 1);
    assert_eq!(
        spec["metrics"],
        json!([{"type": "Resource", "resource": {"name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": 80}}}])
    );
}

#[test]
fn who_limits_one_direction_gets_the_rules_of_both() {
    assert_eq!(
        admitted(&HorizontalPodAutoscaler, valid())["spec"]["behavior"],
        json!({
            "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [
                {"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]},
            "scaleDown": {"stabilizationWindowSeconds": 60, "selectPolicy": "Max", "policies": [
                {"type": "Percent", "value": 100, "periodSeconds": 15}]},
        })
    );
}

#[test]
fn the_counts_of_a_status_are_counts() {
    let changes = &[("/status", json!({"currentReplicas": -1, "desiredReplicas": -1}))];
    expect![[r#"
        /status = {"currentReplicas":-1,"desiredReplicas":-1}
            status.currentReplicas: Invalid value: -1: must be greater than or equal to 0
            status.desiredReplicas: Invalid value: -1: must be greater than or equal to 0
    "#]]
    .assert_eq(&refused_statuses(&HorizontalPodAutoscaler, &valid(), changes));
}
