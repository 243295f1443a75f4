use expect_test::expect;
use serde_json::{Value, json};

use super::ResourceSlice;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "n1",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"driver": "gpu.example.com", "nodeName": "n1",
        "pool": {"name": "n1", "generation": 1, "resourceSliceCount": 1}, "devices": [{"name": "gpu-0",
        "capacity": {"memory": {"value": "8Gi"}}}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/driver", json!("No!")),
        ("/spec/nodeName", json!(null)),
        ("/spec/allNodes", json!(true)),
        ("/spec/nodeSelector", json!({"nodeSelectorTerms": []})),
        ("/spec/pool/name", json!("No!")),
        ("/spec/pool/resourceSliceCount", json!(0)),
        ("/spec/pool/generation", json!(-1)),
        ("/spec/devices/0/name", json!("No!")),
        ("/spec/devices/1", json!({"name": "gpu-0"})),
        ("/spec/devices/0/capacity/memory/value", json!("-1")),
    ];
    expect![[r#"
        no /spec
            spec.driver: Required value
            spec.pool.name: Required value
            spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero
            spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required
        no /spec/devices/0/name
            spec.devices[0].name: Required value
        no /spec/driver
            spec.driver: Required value
        no /spec/pool
            spec.pool.name: Required value
            spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero
        no /spec/pool/generation
            is fine
        no /spec/pool/name
            spec.pool.name: Required value
        no /spec/pool/resourceSliceCount
            spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero
        /spec/driver = "No!"
            spec.driver: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        no /spec/nodeName
            spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required
        /spec/allNodes = true
            spec: Invalid value: {"allNodes":true,"devices":[{"capacity":{"memory":{"value":"8Gi"}},"name":"gpu-0"}],"driver":"gpu.example.com","nodeName":"n1","pool":{"generation":1,"name":"n1","resourceSliceCount":1}}: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set
        /spec/nodeSelector = {"nodeSelectorTerms":[]}
            spec: Invalid value: {"devices":[{"capacity":{"memory":{"value":"8Gi"}},"name":"gpu-0"}],"driver":"gpu.example.com","nodeName":"n1","nodeSelector":{"nodeSelectorTerms":[]},"pool":{"generation":1,"name":"n1","resourceSliceCount":1}}: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set
            spec.nodeSelector.nodeSelectorTerms: Required value: must have at least one node selector term
        /spec/pool/name = "No!"
            spec.pool.name: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /spec/pool/resourceSliceCount = 0
            spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero
        /spec/pool/generation = -1
            spec.pool.generation: Invalid value: -1: must be greater than or equal to 0
        /spec/devices/0/name = "No!"
            spec.devices[0].name: Invalid value: "No!": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
        /spec/devices/1 = {"name":"gpu-0"}
            spec.devices[1].name: Duplicate value: "gpu-0"
        /spec/devices/0/capacity/memory/value = "-1"
            spec.devices[0].capacity[memory].value: Invalid value: "-1": must be greater than or equal to 0
    "#]].assert_eq(&refusals(&ResourceSlice, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/spec/driver", json!("other.example.com")),
        ("/spec/nodeName", json!("n2")),
        ("/spec/pool/name", json!("b")),
        ("/spec/pool/generation", json!(2)),
    ];
    expect![[r#"
        /spec/driver = "other.example.com"
            spec.driver: Invalid value: "other.example.com": field is immutable
        /spec/nodeName = "n2"
            spec.nodeName: Invalid value: "n2": field is immutable
        /spec/pool/name = "b"
            spec.pool.name: Invalid value: "b": field is immutable
        /spec/pool/generation = 2
            is fine
    "#]]
    .assert_eq(&refused_updates(&ResourceSlice, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: n1
        Node: n1
        Driver: gpu.example.com
        Pool: n1
        Age: 4m5s
    "]]
    .assert_eq(&row(&ResourceSlice, &admitted(&ResourceSlice, valid())));
}
