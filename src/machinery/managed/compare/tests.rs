//! What changed is found at the place that has an owner.

use serde_json::{Value, json};

use super::super::fields_v1::encode;
use super::super::tests::{deployment, shape};
use super::compare;

/// Added, modified and removed places between two specs of a pod template.
fn changes(old: Value, new: Value) -> [Value; 3] {
    let pod = |spec| json!({"spec": spec});
    let comparison = compare(shape("", "Pod"), &pod(old), &pod(new));
    [comparison.added, comparison.modified, comparison.removed].map(|set| {
        let set = encode(&set);
        set.get("f:spec").cloned().unwrap_or(set)
    })
}

#[test]
fn fields_of_objects_change_one_by_one() {
    assert_eq!(
        changes(
            json!({"hostNetwork": true, "restartPolicy": "Always"}),
            json!({"restartPolicy": "Never", "enableServiceLinks": false})
        ),
        [
            json!({"f:enableServiceLinks": {}}),
            json!({"f:restartPolicy": {}}),
            json!({"f:hostNetwork": {}})
        ]
    );
}

#[test]
fn items_are_matched_by_their_keys() {
    let old = json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}]});
    let new = json!({"containers": [{"name": "c"}, {"name": "a", "image": "2"}]});
    let item = json!({".": {}, "f:name": {}});
    assert_eq!(
        changes(old, new),
        [
            json!({"f:containers": {"k:{\"name\":\"c\"}": item}}),
            json!({"f:containers": {"k:{\"name\":\"a\"}": {"f:image": {}}}}),
            json!({"f:containers": {"k:{\"name\":\"b\"}": item}}),
        ]
    );
}

#[test]
fn a_key_that_is_left_out_counts_with_its_default() {
    let ports = |ports| json!({"containers": [{"name": "a", "ports": ports}]});
    let [added, modified, removed] = changes(
        ports(json!([{"containerPort": 80}])),
        ports(json!([{"containerPort": 80, "protocol": "TCP", "name": "http"}])),
    );
    let key = "k:{\"containerPort\":80,\"protocol\":\"TCP\"}";
    let port = |fields| json!({"f:containers": {"k:{\"name\":\"a\"}": {"f:ports": {key: fields}}}});
    assert_eq!(added, port(json!({"f:name": {}, "f:protocol": {}})));
    assert_eq!([modified, removed], [json!({}), json!({})]);
}

#[test]
fn atomic_lists_and_maps_change_as_a_whole() {
    let old = json!({"nodeSelector": {"a": "1"}, "tolerations": [{"key": "a"}],
        "imagePullSecrets": [{"name": "a"}]});
    let new = json!({"nodeSelector": {"a": "1", "b": "2"}, "tolerations": [],
        "imagePullSecrets": [{"name": "b"}]});
    let [added, modified, removed] = changes(old, new);
    assert_eq!(added, json!({"f:imagePullSecrets": {"k:{\"name\":\"b\"}": {}}}));
    assert_eq!(modified, json!({"f:nodeSelector": {}, "f:tolerations": {}}));
    assert_eq!(removed, json!({"f:imagePullSecrets": {"k:{\"name\":\"a\"}": {}}}));
}

#[test]
fn a_new_map_is_a_place_of_its_own_and_a_new_object_is_not() {
    let new = json!({"metadata": {"labels": {"a": "1"}}, "spec": {
        "strategy": {"rollingUpdate": {"maxSurge": 1}}, "template": {"spec": {"containers": []}}
    }});
    assert_eq!(
        encode(&compare(deployment(), &json!({}), &new).added),
        json!({
            "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
            "f:spec": {"f:strategy": {"f:rollingUpdate": {"f:maxSurge": {}}}},
        })
    );
}

#[test]
fn items_that_occur_twice_change_together() {
    let set = |finalizers: &[&str]| json!({"metadata": {"finalizers": finalizers}});
    let comparison = compare(deployment(), &set(&["a", "a"]), &set(&["a"]));
    assert_eq!(comparison.modified.paths(), [".metadata.finalizers[=\"a\"]"]);
    assert!(compare(deployment(), &set(&["a", "a"]), &set(&["a", "a"])).is_same());
}
