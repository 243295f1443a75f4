//! What a set names goes, and what it empties.

use serde_json::json;

use super::super::tests::{deployment, set, shape};
use super::{remove, with_objects};

#[test]
fn fields_entries_and_items_go() {
    let pod = json!({
        "metadata": {"labels": {"a": "1", "b": "2"}, "finalizers": ["x", "y"]},
        "spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b"}], "hostNetwork": true},
    });
    let gone = set(json!({
        "f:metadata": {"f:labels": {"f:a": {}}, "f:finalizers": {"v:\"x\"": {}}},
        "f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {"f:image": {}}, "k:{\"name\":\"b\"}": {}}, "f:hostNetwork": {}},
    }));
    assert_eq!(
        remove(shape("", "Pod"), pod, &gone),
        json!({
            "metadata": {"labels": {"b": "2"}, "finalizers": ["y"]},
            "spec": {"containers": [{"name": "a"}]},
        })
    );
}

#[test]
fn what_becomes_empty_goes_and_what_was_empty_stays() {
    let object = json!({"metadata": {"labels": {"a": "1"}, "annotations": {}}, "spec": {}});
    let gone = set(json!({"f:metadata": {"f:labels": {"f:a": {}}, "f:annotations": {"f:x": {}}}}));
    assert_eq!(
        remove(deployment(), object, &gone),
        json!({"metadata": {"annotations": {}}, "spec": {}})
    );
    let all = set(json!({"f:metadata": {}}));
    assert_eq!(remove(deployment(), json!({"metadata": {"name": "a"}}), &all), json!({}));
}

#[test]
fn atomic_values_do_not_lose_parts() {
    let pod = json!({"spec": {"nodeSelector": {"a": "1"}}});
    let gone = set(json!({"f:spec": {"f:nodeSelector": {"f:a": {}}}}));
    assert_eq!(remove(shape("", "Pod"), pod.clone(), &gone), pod);
}

#[test]
fn objects_on_the_way_count_and_maps_and_items_do_not() {
    let places = set(json!({
        "f:metadata": {"f:labels": {"f:a": {}}},
        "f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {"f:image": {}}}}}},
    }));
    assert_eq!(
        with_objects(deployment(), &places).paths(),
        [
            ".metadata",
            ".metadata.labels",
            ".metadata.labels.a",
            ".spec",
            ".spec.template",
            ".spec.template.spec",
            ".spec.template.spec.containers",
            ".spec.template.spec.containers[name=\"a\"].image",
        ]
    );
}
