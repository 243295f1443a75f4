//! The JSON of field sets is Kubernetes' own.

use serde_json::json;

use super::super::Malformed;
use super::{decode, encode};

#[test]
fn sets_are_read_and_written_alike() {
    let fields = json!({
        "f:metadata": {"f:labels": {".": {}, "f:app": {}}, "f:finalizers": {"v:\"a/b\"": {}}},
        "f:spec": {
            "f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}},
            "f:list": {"i:3": {}, "v:true": {}, "v:1": {}},
        },
    });
    let set = decode(&fields).unwrap();
    assert_eq!(encode(&set), fields);
    assert!(set.paths().contains(&".spec.ports[port=80,protocol=\"TCP\"].port".to_owned()));
}

#[test]
fn a_place_that_holds_nothing_is_a_member() {
    assert_eq!(decode(&json!({"f:a": {".": {}}})), decode(&json!({"f:a": {}})));
    assert!(decode(&json!({})).unwrap().is_empty());
    assert!(decode(&json!({".": {}})).unwrap().is_empty());
}

#[test]
fn keys_are_read_in_any_order() {
    let left = decode(&json!({"k:{\"b\":1,\"a\":2}": {}})).unwrap();
    assert_eq!(encode(&left), json!({"k:{\"a\":2,\"b\":1}": {}}));
}

#[test]
fn what_is_no_set_is_refused() {
    for (fields, problem) in [
        (json!("f:a"), "fieldsV1 is no object"),
        (json!({"f:a": 1}), "fieldsV1 is no object"),
        (json!({"a": {}}), "a path element has no type"),
        (json!({"k:x": {}}), "the keys of a list item are not JSON"),
        (json!({"v:x": {}}), "the value of a set item is not JSON"),
        (json!({"i:x": {}}), "the index of a list item is no number"),
    ] {
        assert_eq!(decode(&fields), Err(Malformed(problem)), "{fields}");
    }
    assert!(decode(&json!({"z:later": {}})).unwrap().is_empty());
}
