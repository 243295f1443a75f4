//! The decision as a whole: its words, its draws, and that it never promises more than there is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Placement, compared, place};
use crate::Cluster;
use crate::testing::{cluster, demand, node, pod};

fn check(nodes: &str, text: &str, expected: Expect) {
    expected.assert_eq(&words(&place(&demand(pod(text)), &cluster(nodes), 0)));
}

fn words(placement: &Placement) -> String {
    match placement {
        Placement::On(node) => format!("on {node}"),
        Placement::Nowhere(diagnosis) => diagnosis.to_string(),
    }
}

#[test]
fn refusals_read_as_kubernetes_has_them() {
    check("", "p", expect!["no nodes available to schedule pods"]);
    check(
        "
        a cpu=1 | x cpu=1
        b cpu=1 k=v:NoSchedule
        c cpu=1 k=v:NoSchedule",
        "p cpu=1",
        expect![
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {k: v}."
        ],
    );
    check(
        "a cpu=1 memory=1Gi | x cpu=1 memory=1Gi",
        "p cpu=1 memory=1Mi",
        expect!["0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory."],
    );
    check("a cpu=1", "p cpu=2", expect!["0/1 nodes are available: 1 Insufficient cpu."]);
}

#[test]
fn the_emptiest_node_that_fits_is_taken() {
    let nodes = "
        a cpu=4 memory=4Gi | x cpu=1
        b cpu=4 memory=4Gi
        c cpu=8 memory=8Gi k=v:NoSchedule";
    check(nodes, "p cpu=1 memory=1Gi", expect!["on b"]);
}

#[test]
fn draws_spread_over_equal_nodes() {
    let cluster = cluster("a cpu=1\nb cpu=1\nc cpu=1");
    let demand = demand(pod("p"));
    let placements: BTreeSet<_> = (0..64u64)
        .map(|lot| words(&place(&demand, &cluster, lot.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
        .collect();
    assert_eq!(placements.len(), 3, "{placements:?}");
}

#[test]
fn large_clusters_are_searched_in_part() {
    assert_eq!([50, 100, 1000, 5000, 20000].map(compared), [100, 100, 420, 500, 1000]);
}

proptest! {
    /// However pods come, no node ends up with more than it has.
    #[test]
    fn nothing_is_promised_twice(
        nodes in prop::collection::vec((1..8i64, 1..8i64, 1..6i64), 1..5),
        pods in prop::collection::vec((0..4i64, 0..4i64, prop::option::of(80..83i32)), 0..40),
        lots in prop::collection::vec(any::<u64>(), 40),
    ) {
        let mut cluster = Cluster::default();
        for (index, (cpu, memory, pods)) in nodes.iter().enumerate() {
            cluster.set_node(node(&format!("n{index} cpu={cpu} memory={memory} pods={pods}")));
        }
        let mut placed: BTreeMap<String, Vec<(i64, i64, Option<i32>)>> = BTreeMap::new();
        for (index, (ask, lot)) in pods.into_iter().zip(lots).enumerate() {
            let (cpu, memory, port) = ask;
            let port = port.map(|port| format!("port={port}")).unwrap_or_default();
            let demand = demand(pod(&format!("p{index} cpu={cpu} memory={memory} {port}")));
            if let Placement::On(node) = place(&demand, &cluster, lot) {
                cluster.assume(&node, Arc::clone(&demand));
                placed.entry(node).or_default().push(ask);
            } else {
                prop_assert!(nodes.iter().enumerate().all(|(index, node)| {
                    let on = placed.get(&format!("n{index}"));
                    !fits(*node, on.map_or(&[][..], Vec::as_slice), Some(ask))
                }), "a node had room");
            }
        }
        for (index, node) in nodes.into_iter().enumerate() {
            let on = placed.remove(&format!("n{index}")).unwrap_or_default();
            prop_assert!(fits(node, &on, None), "n{index} {node:?} has {on:?}");
        }
    }
}

/// Counts anew, from nothing but the figures.
fn fits(
    node: (i64, i64, i64),
    pods: &[(i64, i64, Option<i32>)],
    one_more: Option<(i64, i64, Option<i32>)>,
) -> bool {
    let all: Vec<_> = pods.iter().copied().chain(one_more).collect();
    let cpu: i64 = all.iter().map(|pod| pod.0).sum();
    let memory: i64 = all.iter().map(|pod| pod.1).sum();
    let ports: Vec<_> = all.iter().filter_map(|pod| pod.2).collect();
    let distinct: BTreeSet<_> = ports.iter().collect();
    // A full node still takes a pod that asks for none of what is short.
    let short = |used: i64, has: i64, more: i64| used > has && more > 0;
    let more = one_more.unwrap_or((1, 1, None));
    !short(cpu, node.0, more.0)
        && !short(memory, node.1, more.1)
        && all.len() <= usize::try_from(node.2).unwrap()
        && distinct.len() == ports.len()
}
