use expect_test::expect;
use serde_json::{Value, json};

use super::PersistentVolume;
use crate::fixture::{NOW, admitted, check_updates, problems, refusals, refused_updates, row};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv1",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"capacity": {"storage": "5Gi"},
        "accessModes": ["ReadWriteMany", "ReadWriteOnce"], "hostPath": {"path": "/data"},
        "storageClassName": "fast"}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/capacity", json!(null)),
        ("/spec/capacity", json!({"cpu": "1"})),
        ("/spec/capacity/storage", json!("0")),
        ("/spec/accessModes", json!(null)),
        ("/spec/accessModes", json!(["Magic"])),
        ("/spec/persistentVolumeReclaimPolicy", json!("Magic")),
        ("/spec/volumeMode", json!("Magic")),
        ("/spec/hostPath", json!(null)),
        ("/spec/nfs", json!({"server": "a", "path": "/"})),
        ("/spec/hostPath/path", json!("/a/../b")),
        ("/spec/nodeAffinity", json!({})),
        ("/spec/nodeAffinity", json!({"required": {"nodeSelectorTerms": []}})),
    ];
    expect![[r#"
        no /spec/hostPath/path
            spec.hostPath.path: Required value
        no /spec/capacity
            spec.capacity: Required value
        /spec/capacity = {"cpu":"1"}
            spec.capacity: Unsupported value: {"cpu":"1"}: supported values: "storage"
        /spec/capacity/storage = "0"
            spec.capacity[storage]: Invalid value: "0": must be greater than zero
        no /spec/accessModes
            spec.accessModes: Required value
        /spec/accessModes = ["Magic"]
            spec.accessModes: Unsupported value: "Magic": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"
        /spec/persistentVolumeReclaimPolicy = "Magic"
            spec.persistentVolumeReclaimPolicy: Unsupported value: "Magic": supported values: "Delete", "Recycle", "Retain"
        /spec/volumeMode = "Magic"
            spec.volumeMode: Unsupported value: "Magic": supported values: "Block", "Filesystem"
        no /spec/hostPath
            spec: Required value: must specify a volume type
        /spec/nfs = {"path":"/","server":"a"}
            spec.nfs: Forbidden: may not specify more than 1 volume type
        /spec/hostPath/path = "/a/../b"
            spec.hostPath.path: Invalid value: "/a/../b": must not contain '..'
        /spec/nodeAffinity = {}
            spec.nodeAffinity.required: Required value: must specify required node constraints
        /spec/nodeAffinity = {"required":{"nodeSelectorTerms":[]}}
            spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term
    "#]].assert_eq(&refusals(&PersistentVolume, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/spec/hostPath/path", json!("/other")),
        ("/spec/volumeMode", json!("Block")),
        ("/spec/persistentVolumeReclaimPolicy", json!("Delete")),
    ];
    expect![[r#"
        /spec/hostPath/path = "/other"
            spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation
        /spec/volumeMode = "Block"
            volumeMode: Invalid value: "Block": field is immutable
        /spec/persistentVolumeReclaimPolicy = "Delete"
            is fine
    "#]].assert_eq(&refused_updates(&PersistentVolume, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&PersistentVolume, valid());
    object["spec"]["claimRef"] = json!({"namespace": "default", "name": "data"});
    object["status"] = json!({"phase": "Bound"});
    expect![[r"
        Name: pv1
        Capacity: 5Gi
        Access Modes: RWO,RWX
        Reclaim Policy: Retain
        Status: Bound
        Claim: default/data
        StorageClass: fast
        VolumeAttributesClass: <unset>
        Reason: 
        Age: 4m5s
        | VolumeMode: Filesystem
    "]]
    .assert_eq(&row(&PersistentVolume, &object));
}

#[test]
fn a_local_volume_says_where_it_is() {
    let mut volume = admitted(&PersistentVolume, valid());
    volume["spec"].as_object_mut().unwrap().remove("hostPath");
    volume["spec"]["local"] = json!({"path": "/data"});
    assert_eq!(
        problems(&PersistentVolume, &volume),
        "metadata.annotations: Required value: Local volume requires node affinity"
    );
}

#[test]
fn who_expands_a_volume_may_be_said_later_and_then_stays() {
    let mut volume = valid();
    volume["spec"].as_object_mut().unwrap().remove("hostPath");
    volume["spec"]["csi"] = json!({"driver": "disks.example.dev", "volumeHandle": "1"});
    let secret = json!({"name": "a", "namespace": "b"});
    let field = "/spec/csi/controllerExpandSecretRef";
    let fixed = "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation";
    check_updates(
        &PersistentVolume,
        &volume,
        &[(field, secret.clone(), ""), ("/spec/csi/volumeHandle", json!("2"), fixed)],
    );
    volume["spec"]["csi"]["controllerExpandSecretRef"] = secret;
    check_updates(
        &PersistentVolume,
        &volume,
        &[(field, json!({"name": "c", "namespace": "b"}), fixed), (field, json!(null), fixed)],
    );
}

#[test]
fn it_says_since_when_it_is_in_its_phase() {
    let old = admitted(&PersistentVolume, valid());
    let now = NOW.parse().expect("a time");
    let mut new = old.clone();
    PersistentVolume.date_status(&mut new, &old, now);
    assert_eq!(new, old, "the phase is the same");
    new["status"]["phase"] = json!("Bound");
    PersistentVolume.date_status(&mut new, &old, now);
    assert_eq!(new["status"]["lastPhaseTransitionTime"], NOW);
}

#[test]
fn a_writer_is_told_what_is_out_of_date() {
    let mut old = valid();
    old["metadata"]["annotations"] = json!({"volume.beta.kubernetes.io/storage-class": "a", "volume.beta.kubernetes.io/mount-options": "ro"});
    old["spec"]["persistentVolumeReclaimPolicy"] = json!("Recycle");
    old["spec"]["rbd"] = json!({});
    old["spec"]["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "failure-domain.beta.kubernetes.io/zone"}]},
    ]}});
    expect![[r#"
        metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead
        metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead
        spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.
        spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead
        spec.rbd: deprecated in v1.28, non-functional in v1.31+"#]].assert_eq(&PersistentVolume.warnings(&old).join("\n"));
}
