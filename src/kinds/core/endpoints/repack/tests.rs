use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::repacked;

fn check(subsets: Value, expected: Expect) {
    let subsets = subsets.as_array().expect("a list");
    let once = repacked(subsets);
    assert_eq!(repacked(&once), once, "the canonical form stays as it is");
    let lines: Vec<String> = once.iter().map(ToString::to_string).collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn subsets_with_the_same_ports_become_one() {
    check(
        json!([
            {"addresses": [{"ip": "10.0.0.2"}], "ports": [{"port": 80}]},
            {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]},
        ]),
        expect![[r#"{"addresses":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}],"ports":[{"port":80}]}"#]],
    );
}

#[test]
fn ports_of_the_same_addresses_come_together_in_order() {
    check(
        json!([
            {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"name": "b", "port": 81}]},
            {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"name": "a", "port": 82}]},
        ]),
        expect![[
            r#"{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"name":"a","port":82},{"name":"b","port":81}]}"#
        ]],
    );
}

#[test]
fn a_port_that_some_do_not_offer_stands_apart() {
    check(
        json!([
            {"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}], "ports": [{"name": "a", "port": 80}]},
            {"addresses": [{"ip": "10.0.0.2"}], "ports": [{"name": "b", "port": 81}]},
        ]),
        expect![[r#"
            {"addresses":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}],"ports":[{"name":"a","port":80}]}
            {"addresses":[{"ip":"10.0.0.2"}],"ports":[{"name":"b","port":81}]}"#]],
    );
}

#[test]
fn an_address_is_listed_once_for_each_owner_and_waits_if_it_waits_anywhere() {
    check(
        json!([
            {"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.1"}], "ports": [{"port": 80}]},
            {"notReadyAddresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]},
            {"addresses": [{"ip": "10.0.0.1", "targetRef": {"uid": "u"}}], "ports": [{"port": 80}]},
        ]),
        expect![[
            r#"{"addresses":[{"ip":"10.0.0.1","targetRef":{"uid":"u"}}],"notReadyAddresses":[{"ip":"10.0.0.1"}],"ports":[{"port":80}]}"#
        ]],
    );
}

#[test]
fn addresses_without_ports_are_kept() {
    check(
        json!([{"addresses": [{"ip": "10.0.0.1"}]}]),
        expect![[r#"{"addresses":[{"ip":"10.0.0.1"}]}"#]],
    );
}
