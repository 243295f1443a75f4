//! What becomes of Endpoints when their Service goes.

use serde_json::json;

use super::*;
use crate::testing::object;

fn check(labels: serde_json::Value, deserted: bool, expected: &str) {
    let endpoints = object(json!({"metadata": {
        "name": "web", "namespace": "n", "uid": "u", "labels": labels,
    }}));
    let (service, pods) = (None, Vec::new());
    let plan = reconcile(&Snapshot { service, pods, endpoints: Some(endpoints), deserted });
    assert_eq!(plan.to_string(), expected);
}

#[test]
fn endpoints_go_with_their_service_whoever_made_them() {
    check(json!({MANAGED_BY: MANAGER}), false, "delete endpoints web\n");
    check(json!({}), true, "delete endpoints web\n");
}

#[test]
fn endpoints_that_never_had_a_service_stay() {
    check(json!({}), false, "");
}

#[test]
fn subsets_that_the_server_groups_otherwise_say_the_same() {
    let endpoints = |subsets| object::<Endpoints>(json!({ "subsets": subsets }));
    let wanted = endpoints(json!([
        {"addresses": [{"ip": "10.42.0.1"}], "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}]},
        {"addresses": [{"ip": "10.42.0.2"}], "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 82}]},
    ]));
    let mut stored = json!([
        {"addresses": [{"ip": "10.42.0.1"}, {"ip": "10.42.0.2"}],
            "ports": [{"name": "a", "port": 80, "protocol": "TCP"}]},
        {"addresses": [{"ip": "10.42.0.1"}], "ports": [{"name": "b", "port": 81}]},
        {"addresses": [{"ip": "10.42.0.2"}], "ports": [{"name": "b", "port": 82}]},
    ]);
    assert!(says(&endpoints(stored.clone()), &wanted));
    stored[0]["notReadyAddresses"] = json!([stored[0]["addresses"][1].take()]);
    stored[0]["addresses"].as_array_mut().expect("a list").pop();
    assert!(!says(&endpoints(stored), &wanted), "readiness counts");
}

#[test]
fn offers_beyond_all_need_are_not_compared_one_by_one() {
    let ports: Vec<_> = (1..60_000).map(|port| json!({"name": "a", "port": port})).collect();
    let ip = |own: usize| json!({"ip": format!("10.42.{}.{}", own / 256, own % 256)});
    let addresses: Vec<_> = (0..60_000).map(ip).collect();
    let subsets = json!([{"addresses": addresses, "ports": ports}]);
    let many = object::<Endpoints>(json!({ "subsets": subsets }));
    assert!(!says(&many, &many), "an update asks the server");
    let few = json!([{"addresses": [{"ip": "10.42.0.1"}], "ports": [{"port": 80}]}]);
    assert!(!says(&many, &object::<Endpoints>(json!({ "subsets": few }))), "their number tells");
}
