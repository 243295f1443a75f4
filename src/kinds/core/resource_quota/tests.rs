use expect_test::expect;
use serde_json::{Value, json};

use super::ResourceQuota;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "quota", "namespace": "default",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"hard": {"pods": "10", "requests.cpu": "4",
        "limits.memory": "8Gi", "count/jobs.batch": "5"}, "scopes": ["NotBestEffort"]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/hard/pods", json!("1500m")),
        ("/spec/hard/pods", json!("-1")),
        ("/spec/hard/magic", json!("1")),
        ("/spec/hard/requests.hugepages-2Mi", json!("1Gi")),
        ("/spec/scopes", json!(["Magic"])),
        ("/spec/scopes", json!(["BestEffort", "NotBestEffort"])),
        (
            "/spec/scopeSelector",
            json!({"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In"}]}),
        ),
        (
            "/spec/scopeSelector",
            json!({"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists", "values": ["a"]}]}),
        ),
        (
            "/spec/scopeSelector",
            json!({"matchExpressions": [{"scopeName": "Magic", "operator": "Near"}]}),
        ),
    ];
    expect![[r#"
        /spec/hard/pods = "1500m"
            spec.hard[pods]: Invalid value: "1500m": must be an integer
        /spec/hard/pods = "-1"
            spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0
        /spec/hard/magic = "1"
            spec.hard[magic]: Invalid value: "magic": must be a standard resource for quota
        /spec/hard/requests.hugepages-2Mi = "1Gi"
            is fine
        /spec/scopes = ["Magic"]
            spec.scopes: Invalid value: ["Magic"]: unsupported scope Magic
        /spec/scopes = ["BestEffort","NotBestEffort"]
            spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes
        /spec/scopeSelector = {"matchExpressions":[{"operator":"In","scopeName":"PriorityClass"}]}
            spec.scopeSelector.matchExpressions[0].values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector
        /spec/scopeSelector = {"matchExpressions":[{"operator":"Exists","scopeName":"PriorityClass","values":["a"]}]}
            spec.scopeSelector.matchExpressions[0].values: Invalid value: ["a"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector
        /spec/scopeSelector = {"matchExpressions":[{"operator":"Near","scopeName":"Magic"}]}
            spec.scopeSelector.matchExpressions[0].scopeName: Unsupported value: "Magic": supported values: "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating", "VolumeAttributesClass"
            spec.scopeSelector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator
    "#]].assert_eq(&refusals(&ResourceQuota, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[("/spec/scopes", json!(["Terminating"])), ("/spec/hard/pods", json!("20"))];
    expect![[r#"
        /spec/scopes = ["Terminating"]
            spec.scopes: Invalid value: ["Terminating"]: field is immutable
        /spec/hard/pods = "20"
            is fine
    "#]]
    .assert_eq(&refused_updates(&ResourceQuota, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&ResourceQuota, valid());
    object["status"] = json!({"hard": {"requests.cpu": "4", "pods": "10", "limits.memory": "8Gi"}, "used": {"pods": "3", "requests.cpu": "1500m"}});
    expect![[r"
        Name: quota
        Request: pods: 3/10, requests.cpu: 1500m/4
        Limit: limits.memory: 0/8Gi
        Age: 4m5s
    "]]
    .assert_eq(&row(&ResourceQuota, &object));
}
