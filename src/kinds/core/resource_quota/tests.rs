use expect_test::expect;
use serde_json::{Value, json};

use super::ResourceQuota;
use crate::fixture::{admitted, check_updates, refusals, refused_statuses, refused_updates, row};

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
        ("/spec/scopes", json!(["Terminating", "NotTerminating"])),
        ("/spec/scopes", json!(["BestEffort"])),
        ("/spec/hard/secrets", json!("1")),
        (
            "/spec/scopeSelector",
            json!({"matchExpressions": [{"scopeName": "Terminating", "operator": "In", "values": ["a"]}]}),
        ),
        (
            "/spec/scopeSelector",
            json!({"matchExpressions": [{"scopeName": "VolumeAttributesClass", "operator": "Exists"}]}),
        ),
        (
            "/spec/scopeSelector",
            json!({"matchExpressions": [{"scopeName": "Terminating", "operator": "Exists"},
                {"scopeName": "NotTerminating", "operator": "Exists"}]}),
        ),
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
            spec.scopes: Invalid value: ["NotBestEffort"]: unsupported scope applied to resource
        /spec/scopes = ["Magic"]
            spec.scopes: Invalid value: ["Magic"]: unsupported scope
        /spec/scopes = ["Terminating","NotTerminating"]
            spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes
        /spec/scopes = ["BestEffort"]
            spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource
            spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource
        /spec/hard/secrets = "1"
            spec.scopes: Invalid value: ["NotBestEffort"]: unsupported scope applied to resource
        /spec/scopeSelector = {"matchExpressions":[{"operator":"In","scopeName":"Terminating","values":["a"]}]}
            spec.scopeSelector.matchExpressions.operator: Invalid value: "In": must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity
        /spec/scopeSelector = {"matchExpressions":[{"operator":"Exists","scopeName":"VolumeAttributesClass"}]}
            spec.scopeSelector.matchExpressions: Invalid value: {"matchExpressions":[{"operator":"Exists","scopeName":"VolumeAttributesClass"}]}: unsupported scope applied to resource
            spec.scopeSelector.matchExpressions: Invalid value: {"matchExpressions":[{"operator":"Exists","scopeName":"VolumeAttributesClass"}]}: unsupported scope applied to resource
            spec.scopeSelector.matchExpressions: Invalid value: {"matchExpressions":[{"operator":"Exists","scopeName":"VolumeAttributesClass"}]}: unsupported scope applied to resource
        /spec/scopeSelector = {"matchExpressions":[{"operator":"Exists","scopeName":"Terminating"},{"operator":"Exists","scopeName":"NotTerminating"}]}
            spec.scopeSelector.matchExpressions: Invalid value: ["NotBestEffort"]: conflicting scopes
        /spec/scopeSelector = {"matchExpressions":[{"operator":"In","scopeName":"PriorityClass"}]}
            spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector
        /spec/scopeSelector = {"matchExpressions":[{"operator":"Exists","scopeName":"PriorityClass","values":["a"]}]}
            spec.scopeSelector.matchExpressions.values: Invalid value: ["a"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector
        /spec/scopeSelector = {"matchExpressions":[{"operator":"Near","scopeName":"Magic"}]}
            spec.scopeSelector.matchExpressions.scopeName: Invalid value: "Magic": unsupported scope
            spec.scopeSelector.matchExpressions.operator: Invalid value: "Near": not a valid selector operator
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

#[test]
fn the_order_of_scopes_means_nothing() {
    let mut quota = valid();
    quota["spec"]["scopes"] = json!(["NotBestEffort", "Terminating"]);
    check_updates(
        &ResourceQuota,
        &quota,
        &[("/spec/scopes", json!(["Terminating", "NotBestEffort"]), "")],
    );
}

#[test]
fn a_status_names_amounts_of_resources() {
    let changes = &[("/status/used", json!({"pods": "1500m", "cpus": "1", "cpu": "-1"}))];
    expect![[r#"
        /status/used = {"cpu":"-1","cpus":"1","pods":"1500m"}
            status.used[cpu]: Invalid value: "-1": must be greater than or equal to 0
            status.used[cpus]: Invalid value: "cpus": must be a standard resource for quota
            status.used[pods]: Invalid value: "1500m": must be an integer
    "#]]
    .assert_eq(&refused_statuses(&ResourceQuota, &valid(), changes));
}
