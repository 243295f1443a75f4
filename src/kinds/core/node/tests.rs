use expect_test::expect;
use serde_json::{Value, json};

use super::Node;
use crate::fixture::{admitted, check, check_updates, refused_statuses, row};

fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n", "creationTimestamp": "2026-01-01T03:00:00Z",
            "labels": {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": ""}},
        "spec": {"podCIDR": "10.42.0.0/24", "providerID": "isopod://n", "unschedulable": true,
            "taints": [{"key": "a", "effect": "NoSchedule"}]},
        "status": {"capacity": {"cpu": "2"}, "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "nodeInfo": {"kubeletVersion": "v1.35.0+isopod", "osImage": "Isopod", "kernelVersion": "wasm",
                "containerRuntimeVersion": "wasmtime://48", "architecture": "a", "bootID": "b", "kubeProxyVersion": "",
                "machineID": "m", "operatingSystem": "linux", "systemUUID": "s"}}})
}

#[test]
fn a_node_keeps_the_status_it_registers_with() {
    let node = admitted(&Node, valid());
    assert_eq!(node["status"]["allocatable"], json!({"cpu": "2"}));
    assert_eq!(node["spec"]["podCIDRs"], json!(["10.42.0.0/24"]));
}

#[test]
fn taints_and_ranges_are_checked() {
    check(
        &Node,
        &valid(),
        &[
            ("/spec/taints/0/effect", json!(null), "spec.taints[0].effect: Required value"),
            (
                "/spec/taints/0/effect",
                json!("Never"),
                "spec.taints[0].effect: Unsupported value: \"Never\": supported values: \"NoExecute\", \"NoSchedule\", \
                 \"PreferNoSchedule\"",
            ),
            (
                "/spec/taints/1",
                json!({"key": "a", "effect": "NoSchedule", "value": "x"}),
                "spec.taints[1]: Duplicate value: {\"effect\":\"NoSchedule\",\"key\":\"a\",\"value\":\"x\"}",
            ),
            (
                "/spec/podCIDRs/0",
                json!("10.42.0.0"),
                "spec.podCIDRs[0]: Invalid value: \"10.42.0.0\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or \
                 2001:db8::/64)",
            ),
        ],
    );
}

#[test]
fn ranges_and_provider_are_set_once() {
    check_updates(
        &Node,
        &valid(),
        &[
            ("/spec/unschedulable", json!(false), ""),
            (
                "/spec/podCIDRs/0",
                json!("10.43.0.0/24"),
                "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid",
            ),
            (
                "/spec/providerID",
                json!("x"),
                "spec.providerID: Forbidden: node updates may not change providerID except from \"\" to valid",
            ),
        ],
    );
}

#[test]
fn the_row_shows_roles_and_whether_pods_may_come() {
    expect![[r"
        Name: n
        Status: Ready,SchedulingDisabled
        Roles: control-plane,worker
        Age: 24h
        Version: v1.35.0+isopod
        | Internal-IP: 127.0.0.1
        | External-IP: <none>
        | OS-Image: Isopod
        | Kernel-Version: wasm
        | Container-Runtime: wasmtime://48
    "]]
    .assert_eq(&row(&Node, &valid()));
    expect![[r"
        Name: n
        Status: Unknown
        Roles: <none>
        Age: <unknown>
        Version: 
        | Internal-IP: <none>
        | External-IP: <none>
        | OS-Image: <unknown>
        | Kernel-Version: <unknown>
        | Container-Runtime: <unknown>
    "]]
    .assert_eq(&row(&Node, &json!({"metadata": {"name": "n"}})));
}

#[test]
fn a_status_has_amounts_and_each_address_once() {
    let changes = &[(
        "/status",
        json!({"capacity": {"cpu": "-1", "example.com/gpu": "500m"}, "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "InternalIP", "address": "10.0.0.1"}]}),
    )];
    expect![[r#"
        /status = {"addresses":[{"address":"10.0.0.1","type":"InternalIP"},{"address":"10.0.0.1","type":"InternalIP"}],"capacity":{"cpu":"-1","example.com/gpu":"500m"}}
            status.capacity[cpu]: Invalid value: "-1": must be greater than or equal to 0
            status.capacity[example.com/gpu]: Invalid value: "500m": must be an integer
            status.allocatable[cpu]: Invalid value: "-1": must be greater than or equal to 0
            status.allocatable[example.com/gpu]: Invalid value: "500m": must be an integer
            status.addresses[1]: Duplicate value: {"address":"10.0.0.1","type":"InternalIP"}
    "#]].assert_eq(&refused_statuses(&Node, &valid(), changes));
}
