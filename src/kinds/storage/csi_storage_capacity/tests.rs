use expect_test::expect;
use serde_json::{Value, json};

use super::CSIStorageCapacity;
use crate::fixture::{admitted, refusals, refused_updates, row};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity", "metadata": {"name": "a",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"}, "storageClassName": "fast",
        "capacity": "10Gi", "nodeTopology": {"matchLabels": {"zone": "a"}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/storageClassName", json!("No!")),
        ("/capacity", json!("-1")),
        ("/maximumVolumeSize", json!("-1")),
        ("/nodeTopology", json!({"matchExpressions": [{"key": "a", "operator": "Near"}]})),
    ];
    expect![[r#"
        no /storageClassName
            storageClassName: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /storageClassName = "No!"
            storageClassName: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /capacity = "-1"
            capacity: Invalid value: "-1": must be greater than or equal to 0
        /maximumVolumeSize = "-1"
            maximumVolumeSize: Invalid value: "-1": must be greater than or equal to 0
        /nodeTopology = {"matchExpressions":[{"key":"a","operator":"Near"}]}
            nodeTopology.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator
    "#]].assert_eq(&refusals(&CSIStorageCapacity, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/storageClassName", json!("slow")),
        ("/nodeTopology", json!({})),
        ("/capacity", json!("5Gi")),
    ];
    expect![[r#"
        /storageClassName = "slow"
            storageClassName: Invalid value: "slow": field is immutable
        /nodeTopology = {}
            nodeTopology: Invalid value: {}: field is immutable
        /capacity = "5Gi"
            is fine
    "#]]
    .assert_eq(&refused_updates(&CSIStorageCapacity, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: a
        StorageClassName: fast
        Capacity: 10Gi
    "]]
    .assert_eq(&row(&CSIStorageCapacity, &admitted(&CSIStorageCapacity, valid())));
}

#[test]
fn who_updates_it_says_what_it_was() {
    assert!(!CSIStorageCapacity.unconditional_update());
}
