//! Applied values win, and lists keep an order that both sides can live with.

use serde_json::json;

use super::super::tests::{deployment, shape};
use super::merge;

/// The names of containers after applying some over others.
fn order(live: &str, applied: &str) -> String {
    let pod = |names: &str| {
        let items: Vec<_> = names.chars().map(|name| json!({"name": name.to_string()})).collect();
        json!({"spec": {"containers": items}})
    };
    let merged = merge(shape("", "Pod"), pod(live), &pod(applied));
    let items = merged["spec"]["containers"].as_array().unwrap().iter();
    items.map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn items_come_in_the_applied_order_and_others_keep_their_places() {
    for (live, applied, merged) in [
        ("", "ab", "ab"),
        ("ab", "", "ab"),
        ("abc", "ca", "bca"),
        ("ba", "xa", "bxa"),
        ("ab", "ax", "abx"),
        ("abcd", "db", "acdb"),
        ("ab", "xy", "abxy"),
    ] {
        assert_eq!(order(live, applied), merged, "{applied} over {live}");
    }
}

#[test]
fn items_of_one_key_are_merged() {
    let live = json!({"spec": {"containers": [{"name": "a", "image": "1", "env": [
        {"name": "X", "value": "1"}
    ]}]}});
    let applied = json!({"spec": {"containers": [{"name": "a", "env": [
        {"name": "X", "value": "2"}, {"name": "Y", "value": "3"}
    ]}]}});
    assert_eq!(
        merge(shape("", "Pod"), live, &applied),
        json!({"spec": {"containers": [{"name": "a", "image": "1", "env": [
            {"name": "X", "value": "2"}, {"name": "Y", "value": "3"}
        ]}]}})
    );
}

#[test]
fn atomic_values_are_replaced() {
    let live = json!({"spec": {"nodeSelector": {"a": "1"}, "tolerations": [{"key": "a"}]}});
    let applied = json!({"spec": {"nodeSelector": {"b": "2"}, "tolerations": []}});
    assert_eq!(merge(shape("", "Pod"), live, &applied), applied);
    let live = json!({"spec": {"nodeSelector": {"a": "1"}, "tolerations": [{"key": "a"}]}});
    let applied = json!({"spec": {"nodeSelector": null, "tolerations": null}});
    assert_eq!(merge(shape("", "Pod"), live, &applied), applied);
}

#[test]
fn null_takes_nothing_out_of_maps_and_keyed_lists() {
    let live = json!({
        "metadata": {"labels": {"a": "1"}},
        "spec": {"template": {"spec": {
            "containers": [{"name": "a"}],
            "securityContext": {"runAsUser": 1},
        }}},
    });
    let applied = json!({
        "metadata": {"labels": null},
        "spec": {"template": {"spec": {"containers": null, "securityContext": null}}},
    });
    assert_eq!(merge(deployment(), live.clone(), &applied), live);
    assert_eq!(merge(deployment(), live.clone(), &json!({"metadata": null, "spec": null})), live);
    let empty = json!({"metadata": {"labels": {}}});
    let applied = json!({"metadata": {"labels": null}});
    assert_eq!(merge(deployment(), empty, &applied), applied);
}
