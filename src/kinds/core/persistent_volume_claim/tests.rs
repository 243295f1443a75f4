use expect_test::expect;
use serde_json::{Value, json};

use super::PersistentVolumeClaim;
use crate::fixture::{admitted, problems_of_update, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "fast"}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/accessModes", json!(null)),
        ("/spec/accessModes", json!(["Magic"])),
        ("/spec/accessModes", json!(["ReadWriteOncePod", "ReadOnlyMany"])),
        ("/spec/resources", json!(null)),
        ("/spec/resources/requests/storage", json!("0")),
        ("/spec/storageClassName", json!("Fast!")),
        ("/spec/volumeMode", json!("Magic")),
        ("/spec/dataSource", json!({"kind": "Pod", "name": "a"})),
        ("/spec/dataSource", json!({"kind": "PersistentVolumeClaim", "name": ""})),
    ];
    expect![[r#"
        no /spec/accessModes
            spec.accessModes: Required value: at least 1 access mode is required
        /spec/accessModes = ["Magic"]
            spec.accessModes: Unsupported value: "Magic": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"
        /spec/accessModes = ["ReadWriteOncePod","ReadOnlyMany"]
            spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes
        no /spec/resources
            spec.resources[storage]: Required value
        /spec/resources/requests/storage = "0"
            spec.resources[storage]: Invalid value: "0": must be greater than zero
        /spec/storageClassName = "Fast!"
            spec.storageClassName: Invalid value: "Fast!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /spec/volumeMode = "Magic"
            spec.volumeMode: Unsupported value: "Magic": supported values: "Block", "Filesystem"
        /spec/dataSource = {"kind":"Pod","name":"a"}
            spec.dataSource: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup
        /spec/dataSource = {"kind":"PersistentVolumeClaim","name":""}
            spec.dataSource.name: Required value
    "#]].assert_eq(&refusals(&PersistentVolumeClaim, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/spec/volumeName", json!("pv1")),
        ("/spec/storageClassName", json!("slow")),
        ("/spec/resources/requests/storage", json!("2Gi")),
        ("/spec/accessModes", json!(["ReadOnlyMany"])),
    ];
    expect![[r#"
        /spec/volumeName = "pv1"
            is fine
        /spec/storageClassName = "slow"
            spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
        /spec/resources/requests/storage = "2Gi"
            spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
        /spec/accessModes = ["ReadOnlyMany"]
            spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
    "#]].assert_eq(&refused_updates(&PersistentVolumeClaim, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: data
        Status: Pending
        Volume: 
        Capacity: 
        Access Modes: 
        StorageClass: fast
        VolumeAttributesClass: <unset>
        Age: 4m5s
        | VolumeMode: Filesystem
    "]]
    .assert_eq(&row(&PersistentVolumeClaim, &admitted(&PersistentVolumeClaim, valid())));
}

#[test]
fn a_bound_claim_may_grow_and_not_shrink() {
    let mut old = admitted(&PersistentVolumeClaim, valid());
    old["spec"]["volumeName"] = json!("pv1");
    old["status"] = json!({"phase": "Bound", "capacity": {"storage": "1Gi"}});
    let mut new = old.clone();
    new["spec"]["resources"]["requests"]["storage"] = json!("2Gi");
    assert_eq!(problems_of_update(&PersistentVolumeClaim, &new, &old), "");
    new["spec"]["resources"]["requests"]["storage"] = json!("500Mi");
    assert_eq!(
        problems_of_update(&PersistentVolumeClaim, &new, &old),
        "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
    );
}

#[test]
fn a_claim_without_a_class_may_be_given_one() {
    let mut old = admitted(&PersistentVolumeClaim, valid());
    old["spec"].as_object_mut().unwrap().remove("storageClassName");
    let new = admitted(&PersistentVolumeClaim, valid());
    assert_eq!(problems_of_update(&PersistentVolumeClaim, &new, &old), "");
}

#[test]
fn the_row_of_a_bound_claim_tells_of_its_volume() {
    let mut object = admitted(&PersistentVolumeClaim, valid());
    object["spec"]["volumeName"] = json!("pv1");
    object["status"] =
        json!({"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]});
    expect![[r"
        Name: data
        Status: Bound
        Volume: pv1
        Capacity: 1Gi
        Access Modes: RWO
        StorageClass: fast
        VolumeAttributesClass: <unset>
        Age: 4m5s
        | VolumeMode: Filesystem
    "]]
    .assert_eq(&row(&PersistentVolumeClaim, &object));
}
