//! Which node gets which range.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::object;

fn node(name: &str, range: Option<&str>) -> Arc<Node> {
    let spec = range.map_or(json!({}), |range| json!({ "podCIDR": range, "podCIDRs": [range] }));
    object(json!({ "metadata": { "name": name }, "spec": spec }))
}

fn check(network: &str, nodes: &[(&str, Option<&str>)], expect: Expect) {
    let nodes: Vec<_> = nodes.iter().map(|(name, range)| node(name, *range)).collect();
    expect.assert_eq(&reconcile(&nodes, network.parse().unwrap()).to_string());
}

#[test]
fn nodes_get_the_first_free_ranges_in_turn() {
    check(
        "10.42.0.0/16",
        &[("a", Some("10.42.0.0/24")), ("b", None), ("c", Some("10.42.2.0/24")), ("d", None)],
        expect![[r#"
            patch node b {"spec":{"podCIDR":"10.42.1.0/24","podCIDRs":["10.42.1.0/24"]}}
            patch node d {"spec":{"podCIDR":"10.42.3.0/24","podCIDRs":["10.42.3.0/24"]}}
        "#]],
    );
}

#[test]
fn a_node_with_a_large_range_of_its_own_is_stepped_over() {
    check(
        "10.42.0.0/16",
        &[("own", Some("10.42.0.0/17")), ("joined", None)],
        expect![[r#"
            patch node joined {"spec":{"podCIDR":"10.42.128.0/24","podCIDRs":["10.42.128.0/24"]}}
        "#]],
    );
}

#[test]
fn a_full_network_is_told_to_the_node() {
    check(
        "10.42.0.0/24",
        &[("a", Some("10.42.0.0/24")), ("b", None)],
        expect![[r#"
            event Warning CIDRNotAvailable: no range is left in 10.42.0.0/24 for the pods of this node
        "#]],
    );
}

proptest! {
    #[test]
    fn no_two_nodes_share_an_address(own in proptest::collection::vec(proptest::option::of(0_u8..=7), 0..12)) {
        let network: IpNet = "10.42.0.0/21".parse().unwrap();
        // Ranges that nodes bring themselves may clash; only those given out here must not.
        let given = |third: u8| format!("10.42.{third}.0/24");
        let nodes: Vec<_> = own
            .iter()
            .enumerate()
            .map(|(index, third)| node(&format!("n{index}"), third.map(given).as_deref()))
            .collect();
        let plan = reconcile(&nodes, network);
        let mut taken: Vec<IpNet> = nodes.iter().flat_map(|node| ranges(node)).collect();
        for action in plan.actions {
            let client::Action::Patch(patch) = action else { continue };
            let range: IpNet = patch.body["spec"]["podCIDR"].as_str().unwrap().parse().unwrap();
            prop_assert!(network.contains(&range));
            prop_assert!(taken.iter().all(|other| !overlap(range, *other)), "{range} in {taken:?}");
            taken.push(range);
        }
    }
}
