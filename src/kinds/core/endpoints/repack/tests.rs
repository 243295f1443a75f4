use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::repacked;

fn check(subsets: Value, expected: Expect) {
    let subsets = subsets.as_array().expect("a list");
    let once = repacked(subsets).expect("a few addresses");
    assert_eq!(repacked(&once).as_ref(), Some(&once), "the canonical form stays as it is");
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

#[test]
fn many_ports_of_many_addresses_that_nobody_else_has_are_no_work() {
    let ports: Vec<Value> = (1..20_000).map(|port| json!({"name": "a", "port": port})).collect();
    let addresses: Vec<Value> =
        (0..20_000).map(|own| json!({"ip": format!("10.0.{}.{}", own / 256, own % 256)})).collect();
    let once = repacked(&[json!({"addresses": addresses, "ports": ports})]).expect("one group");
    assert_eq!(once[0]["ports"].as_array().expect("a list").len(), 19_999);
    assert_eq!(once[0]["addresses"].as_array().expect("a list").len(), 20_000);
}

#[test]
fn what_would_grow_without_bound_stays_as_it_was_grouped() {
    let port = |port: usize| json!({"name": "a", "port": port});
    let alone = |number: usize| json!({"addresses": [{"ip": "10.1.0.1"}], "ports": [port(number)]});
    let mut subsets: Vec<Value> = (1..1_000).map(alone).collect();
    let long = json!({"ip": "10.0.0.1", "targetRef": {"name": "a".repeat(10_000)}});
    let ports: Vec<Value> = (1..1_000).map(port).collect();
    subsets.push(json!({"addresses": [long], "ports": ports}));
    assert_eq!(repacked(&subsets), None, "each port has the long address and one more");
}
