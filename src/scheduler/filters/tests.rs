//! What each filter lets pass, and what it says otherwise.

use std::sync::Arc;

use expect_test::{Expect, expect};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::admit;
use crate::NodeState;
use crate::testing::{cluster, demand, pod, pod_with};

/// Every node with what it answers.
fn check_pod(nodes: &str, pod: Arc<Pod>, expected: Expect) {
    let demand = demand(pod);
    let line = |node: &NodeState| match admit(&demand, node) {
        Ok(()) => format!("{}: ok\n", node.name),
        Err(refusal) => {
            let hopeless = if refusal.hopeless { " (hopeless)" } else { "" };
            format!("{}: {}{hopeless}\n", node.name, refusal.reasons.join(", "))
        }
    };
    let lines: String = cluster(nodes).nodes().iter().map(line).collect();
    expected.assert_eq(&lines);
}

fn check(nodes: &str, text: &str, expected: Expect) {
    check_pod(nodes, pod(text), expected);
}

#[test]
fn requests_must_fit_into_what_is_left() {
    let nodes = "
        a cpu=2 memory=4Gi | x cpu=1500m
        b cpu=2 memory=1Gi
        c cpu=2 memory=4Gi | x cpu=500m memory=3Gi
        d cpu=4 memory=4Gi pods=1 | x
        e cpu=500m memory=1Gi";
    check(
        nodes,
        "p cpu=1 memory=2Gi",
        expect![[r"
            a: Insufficient cpu
            b: Insufficient memory (hopeless)
            c: Insufficient memory
            d: Too many pods
            e: Insufficient cpu, Insufficient memory (hopeless)
        "]],
    );
}

#[test]
fn a_pod_without_requests_fits_a_full_node() {
    let nodes = "a cpu=1 memory=1Gi | x cpu=1 memory=1Gi";
    check(nodes, "p", expect![["a: ok\n"]]);
    check(nodes, "p cpu=1m", expect![["a: Insufficient cpu\n"]]);
}

#[test]
fn other_resources_count_too() {
    let nodes = "
        a cpu=1 example.com/chip=2 ephemeral-storage=1Gi | x example.com/chip=1
        b cpu=1 ephemeral-storage=1Gi
        c cpu=1 example.com/chip=2 ephemeral-storage=1Mi";
    check(
        nodes,
        "p example.com/chip=1 ephemeral-storage=10Mi",
        expect![[r"
            a: ok
            b: Insufficient example.com/chip (hopeless)
            c: Insufficient ephemeral-storage (hopeless)
        "]],
    );
}

#[test]
fn taints_need_tolerations() {
    let nodes = "
        a k=v:NoSchedule
        b k=w:NoSchedule
        c k=v:NoExecute
        d k=:NoSchedule
        e k=w:PreferNoSchedule";
    check(
        nodes,
        "p k=v:NoSchedule",
        expect![[r"
            a: ok
            b: node(s) had untolerated taint {k: w} (hopeless)
            c: node(s) had untolerated taint {k: v} (hopeless)
            d: node(s) had untolerated taint {k: } (hopeless)
            e: ok
        "]],
    );
    let all = pod_with("p", json!({"tolerations": [{"operator": "Exists"}]}));
    check_pod(nodes, all, expect![["a: ok\nb: ok\nc: ok\nd: ok\ne: ok\n"]]);
}

#[test]
fn a_cordoned_node_takes_only_what_tolerates_it() {
    check("a cordoned", "p", expect![["a: node(s) were unschedulable (hopeless)\n"]]);
    let key = "node.kubernetes.io/unschedulable";
    let daemon =
        json!({"tolerations": [{"key": key, "operator": "Exists", "effect": "NoSchedule"}]});
    check_pod("a cordoned", pod_with("p", daemon), expect![["a: ok\n"]]);
}

#[test]
fn labels_select_nodes() {
    let nodes = "
        a disk=ssd!
        b disk=hdd!
        c";
    check(
        nodes,
        "p disk=ssd!",
        expect![[r"
            a: ok
            b: node(s) didn't match Pod's node affinity/selector (hopeless)
            c: node(s) didn't match Pod's node affinity/selector (hopeless)
        "]],
    );
    let picks = |term: Value| {
        let terms = json!([{"matchExpressions": [term]}]);
        let demand = demand(pod_with("p", affinity(terms)));
        let cluster = cluster(nodes);
        let fitting = cluster.nodes().iter().filter(|node| admit(&demand, node).is_ok());
        fitting.map(|node| node.name.as_str()).collect::<String>()
    };
    let term = |operator: &str, values: &[&str]| json!({"key": "disk", "operator": operator, "values": values});
    assert_eq!(picks(term("In", &["ssd", "nvme"])), "a");
    assert_eq!(picks(term("NotIn", &["ssd"])), "bc");
    assert_eq!(picks(term("Exists", &[])), "ab");
    assert_eq!(picks(term("DoesNotExist", &[])), "c");
    assert_eq!(picks(term("Gt", &["1"])), "", "not a number");
    let none = pod_with("p", affinity(json!([{}])));
    check_pod(
        "a",
        none,
        expect![["a: node(s) didn't match Pod's node affinity/selector (hopeless)\n"]],
    );
}

#[test]
fn numbers_and_names_select_nodes() {
    let nodes = "
        a generation=4!
        b generation=10!";
    let newer = json!([{"matchExpressions": [
        {"key": "generation", "operator": "Gt", "values": ["5"]},
    ]}]);
    check_pod(
        nodes,
        pod_with("p", affinity(newer)),
        expect![[r"
            a: node(s) didn't match Pod's node affinity/selector (hopeless)
            b: ok
        "]],
    );
    let either = json!([
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]},
        {"matchExpressions": [{"key": "generation", "operator": "In", "values": ["10"]}]},
    ]);
    check_pod(nodes, pod_with("p", affinity(either)), expect![["a: ok\nb: ok\n"]]);
}

#[test]
fn a_pod_that_names_its_node_goes_nowhere_else() {
    let named = pod_with("p", json!({"nodeName": "b"}));
    check_pod(
        "a\nb",
        named,
        expect![[r"
            a: node(s) didn't match the requested node name (hopeless)
            b: ok
        "]],
    );
}

#[test]
fn a_host_port_is_taken_once() {
    let nodes = "
        a | x port=80
        b | x port=81";
    check(
        nodes,
        "p port=80",
        expect![[r"
            a: node(s) didn't have free ports for the requested pod ports
            b: ok
        "]],
    );
    let port = |protocol: &str, address: &str| {
        json!({"containers": [{"name": "c", "ports": [
            {"containerPort": 1, "hostPort": 80, "protocol": protocol, "hostIP": address},
        ]}]})
    };
    check_pod("a | x port=80", pod_with("p", port("UDP", "")), expect![["a: ok\n"]]);
    check_pod(
        "a | x port=80",
        pod_with("p", port("TCP", "10.0.0.1")),
        expect![["a: node(s) didn't have free ports for the requested pod ports\n"]],
    );
}

fn affinity(terms: Value) -> Value {
    json!({"affinity": {"nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms},
    }}})
}
