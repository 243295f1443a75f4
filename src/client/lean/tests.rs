use k8s_openapi::api::core::v1::Pod;
use kube::Resource;
use kube::core::{DynamicObject, PartialObjectMeta, WatchEvent};
use serde_json::{Value, json};

use super::*;

fn pod() -> Value {
    json!({
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": "a",
            "annotations": { "managedFields": "own", "metadata": "own" },
            "managedFields": [{
                "manager": "ann", "operation": "Update", "fieldsType": "FieldsV1",
                "fieldsV1": { "f:spec": { "f:x": {} } },
            }],
            "uid": "u",
        },
        "spec": { "containers": [{ "name": "c", "env": [{ "name": "metadata", "value": "v" }] }] },
    })
}

/// The pod, and what is left of it when it is read without owners.
fn whole_and_lean() -> (Pod, Pod) {
    let text = pod().to_string();
    let Lean(lean) = serde_json::from_str::<Lean<Pod>>(&text).unwrap();
    (serde_json::from_str(&text).unwrap(), lean)
}

#[test]
fn everything_is_read_but_the_owners() {
    let (mut whole, lean) = whole_and_lean();
    assert!(whole.metadata.managed_fields.take().is_some());
    assert_eq!(lean, whole);
}

#[test]
fn events_and_metadata_are_read_alike() {
    let event = json!({ "type": "MODIFIED", "object": pod() }).to_string();
    let (_, lean) = whole_and_lean();
    match serde_json::from_str(&event).unwrap() {
        WatchEvent::Modified(Lean::<Pod>(object)) => assert_eq!(object, lean.clone()),
        other => panic!("{other:?}"),
    }
    let Lean(partial) =
        serde_json::from_str::<Lean<PartialObjectMeta<DynamicObject>>>(&pod().to_string()).unwrap();
    assert_eq!(partial.metadata, lean.metadata);
    assert_eq!(partial.types.unwrap().kind, "Pod");
    assert!(Lean::<PartialObjectMeta<DynamicObject>>::metadata_api());
}

#[test]
fn what_is_no_object_is_an_error() {
    for wrong in [json!(1), json!(null), json!({ "metadata": [] }), json!({ "metadata": "a" })] {
        let text = wrong.to_string();
        let (whole, lean) =
            (serde_json::from_str::<Pod>(&text), serde_json::from_str::<Lean<Pod>>(&text));
        assert_eq!(whole.is_err(), lean.is_err(), "{text}");
    }
    let none = json!({ "metadata": null }).to_string();
    assert!(serde_json::from_str::<Lean<Pod>>(&none).is_ok());
}
