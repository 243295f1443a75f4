//! What each score prefers.

use std::sync::Arc;

use expect_test::{Expect, expect};
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

use super::{SCORES, Score};
use crate::testing::{cluster, demand, pod, pod_with};

/// Every node with its taint, affinity, least-allocated and balanced score, before weights.
fn check(nodes: &str, pod: Arc<Pod>, expected: Expect) {
    let demand = demand(pod);
    let cluster = cluster(nodes);
    let scores = |score: &Score| {
        let values: Vec<_> =
            cluster.nodes().iter().map(|node| (score.value)(&demand, node)).collect();
        let highest = values.iter().copied().max().unwrap();
        values.into_iter().map(|value| score.scale.apply(value, highest)).collect::<Vec<_>>()
    };
    let columns: Vec<_> = SCORES.iter().map(scores).collect();
    let line = |(index, node): (usize, &crate::NodeState)| {
        let cells: Vec<_> = columns.iter().map(|column| column[index].to_string()).collect();
        format!("{}: {}\n", node.name, cells.join(" "))
    };
    expected.assert_eq(&cluster.nodes().iter().enumerate().map(line).collect::<String>());
}

#[test]
fn emptier_and_better_balanced_nodes_are_preferred() {
    let nodes = "
        a cpu=4 memory=4Gi
        b cpu=4 memory=4Gi | x cpu=2 memory=2Gi
        c cpu=4 memory=4Gi | x cpu=2 memory=0
        d cpu=0 memory=0";
    check(
        nodes,
        pod("p cpu=1 memory=1Gi"),
        expect![[r"
            a: 100 0 75 100
            b: 100 0 25 100
            c: 100 0 50 75
            d: 100 0 0 0
        "]],
    );
}

#[test]
fn pods_without_requests_spread_too() {
    let nodes = "
        a cpu=1 memory=2000Mi
        b cpu=1 memory=2000Mi | x | y";
    check(
        nodes,
        pod("p"),
        expect![[r"
            a: 100 0 90 100
            b: 100 0 70 100
        "]],
    );
}

#[test]
fn unwelcoming_nodes_are_avoided() {
    let nodes = "
        a cpu=1 memory=1Gi
        b cpu=1 memory=1Gi k=v:PreferNoSchedule
        c cpu=1 memory=1Gi k=v:PreferNoSchedule l=v:PreferNoSchedule";
    check(
        nodes,
        pod("p cpu=0 memory=0"),
        expect![[r"
            a: 100 0 100 100
            b: 50 0 100 100
            c: 0 0 100 100
        "]],
    );
}

#[test]
fn preferred_nodes_are_preferred_by_weight() {
    let term = |weight: i32, disk: &str| {
        json!({"weight": weight, "preference": {"matchExpressions": [
            {"key": "disk", "operator": "In", "values": [disk]},
        ]}})
    };
    let affinity = json!({"affinity": {"nodeAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [term(80, "ssd"), term(20, "hdd")],
    }}});
    let nodes = "
        a disk=ssd!
        b disk=hdd!
        c";
    check(
        nodes,
        pod_with("p", affinity),
        expect![[r"
            a: 100 100 0 0
            b: 100 25 0 0
            c: 100 0 0 0
        "]],
    );
}
