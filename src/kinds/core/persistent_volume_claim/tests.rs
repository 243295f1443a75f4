use expect_test::expect;
use serde_json::{Value, json};

use super::PersistentVolumeClaim;
use crate::fixture::{
    admitted, check, check_updates, problems_of_update, refusals, refused_statuses,
    refused_updates, row, with,
};
use crate::kind::Kind;

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
fn a_claim_that_wants_no_class_keeps_to_it() {
    let mut claim = valid();
    claim["spec"]["storageClassName"] = json!("");
    check_updates(
        &PersistentVolumeClaim,
        &claim,
        &[(
            "/spec/storageClassName",
            json!("fast"),
            "spec: Forbidden: spec is immutable after creation except resources.requests and \
             volumeAttributesClassName for bound claims",
        )],
    );
}

#[test]
fn the_annotation_of_old_decides_which_class_a_claim_may_be_given() {
    let mut claim = valid();
    claim["spec"].as_object_mut().unwrap().remove("storageClassName");
    claim["metadata"]["annotations"] = json!({"volume.beta.kubernetes.io/storage-class": "fast"});
    let forbidden = "spec: Forbidden: spec is immutable after creation except resources.requests and \
                     volumeAttributesClassName for bound claims";
    let fixed = "metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: \"\": field is immutable";
    check_updates(
        &PersistentVolumeClaim,
        &claim,
        &[
            ("/spec/storageClassName", json!("fast"), ""),
            ("/spec/storageClassName", json!("slow"), forbidden),
            ("/metadata/annotations", json!({}), fixed),
        ],
    );
}

#[test]
fn the_class_of_attributes_can_be_changed_and_not_taken_away() {
    let mut claim = admitted(&PersistentVolumeClaim, valid());
    claim["spec"]["volumeName"] = json!("pv1");
    claim["spec"]["volumeAttributesClassName"] = json!("gold");
    claim["status"] = json!({"phase": "Bound", "capacity": {"storage": "1Gi"}});
    let with_class = |class: Value| {
        let new = with(&claim, "/spec/volumeAttributesClassName", class);
        problems_of_update(&PersistentVolumeClaim, &new, &claim)
    };
    assert_eq!(with_class(json!("silver")), "");
    expect![[r"
        spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
        spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden"]]
    .assert_eq(&with_class(json!(null)));
    expect!["spec.volumeAttributesClassName: Forbidden: update from non-nil value to an empty string is forbidden"]
        .assert_eq(&with_class(json!("")));
}

#[test]
fn a_writer_who_knows_one_field_of_the_source_sets_both() {
    let mut claim = valid();
    claim["spec"]["dataSource"] = json!({"kind": "PersistentVolumeClaim", "name": "a"});
    let old = admitted(&PersistentVolumeClaim, claim.clone());
    assert_eq!(old["spec"]["dataSourceRef"], claim["spec"]["dataSource"]);
    let mut new = claim;
    PersistentVolumeClaim.set_defaults(&mut new);
    PersistentVolumeClaim.prepare_update(&mut new, &old);
    assert_eq!(new["spec"], old["spec"]);
    assert_eq!(problems_of_update(&PersistentVolumeClaim, &new, &old), "");
}

#[test]
fn the_old_field_of_the_source_takes_only_what_it_always_could() {
    let mut claim = valid();
    let backup = json!({"apiGroup": "example.dev", "kind": "Backup", "name": "a"});
    claim["spec"]["dataSource"] = backup.clone();
    let spec = admitted(&PersistentVolumeClaim, claim.clone())["spec"].clone();
    assert_eq!((&spec["dataSource"], &spec["dataSourceRef"]), (&Value::Null, &Value::Null));
    claim["spec"]["dataSource"] = Value::Null;
    claim["spec"]["dataSourceRef"] = backup.clone();
    assert_eq!(admitted(&PersistentVolumeClaim, claim)["spec"]["dataSource"], backup);
}

#[test]
fn both_fields_of_the_source_agree() {
    let mut claim = valid();
    claim["spec"]["dataSource"] = json!({"kind": "PersistentVolumeClaim", "name": "a"});
    check(
        &PersistentVolumeClaim,
        &claim,
        &[
            (
                "/spec/dataSourceRef/name",
                json!("b"),
                "spec: Invalid value: \"spec.dataSource\": must match dataSourceRef",
            ),
            (
                "/spec/dataSourceRef/namespace",
                json!("other"),
                "spec: Invalid value: \"spec.dataSource\": may not be specified when dataSourceRef.namespace is \
                 specified",
            ),
        ],
    );
}

#[test]
fn a_volume_that_is_not_there_yet_holds_nothing() {
    let mut object = admitted(&PersistentVolumeClaim, valid());
    object["spec"]["volumeName"] = json!("pv1");
    assert!(row(&PersistentVolumeClaim, &object).contains("Capacity: 0\n"));
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

#[test]
fn a_status_names_amounts_of_storage() {
    let changes = &[
        ("/status/capacity", json!({"storage": "-1"})),
        (
            "/status/allocatedResources",
            json!({"storage": "1Gi", "cpu": "1", "example.com/iops": "5"}),
        ),
    ];
    expect![[r#"
        /status/capacity = {"storage":"-1"}
            status.capacity[storage]: Invalid value: -1: must be a valid resource quantity
        /status/allocatedResources = {"cpu":"1","example.com/iops":"5","storage":"1Gi"}
            status.allocatedResources[cpu]: Unsupported value: "cpu": supported values: "storage"
    "#]]
    .assert_eq(&refused_statuses(&PersistentVolumeClaim, &valid(), changes));
}

#[test]
fn a_writer_is_told_of_parts_of_bytes() {
    let claim = json!({"metadata": {"annotations": {"volume.beta.kubernetes.io/storage-class": "a"}},
        "spec": {"resources": {"requests": {"storage": "100m"}, "limits": {"storage": "1Gi"}}}});
    expect![[r#"
        metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead
        spec.resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer"#]].assert_eq(&PersistentVolumeClaim.warnings(&claim).join("\n"));
    let set = json!({"spec": {"volumeClaimTemplates": [claim]}});
    let sets = crate::find("apps", "v1", "statefulsets").expect("a kind");
    expect![[r#"spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer"#]].assert_eq(&sets.warnings(&set).join("\n"));
}

#[test]
fn what_a_claim_begins_with_is_of_a_group_that_can_be() {
    let mut new = admitted(&PersistentVolumeClaim, valid());
    new["spec"]["dataSourceRef"] = json!({"apiGroup": "No Group", "kind": "Backup", "name": "a"});
    let errors = machinery::FieldErrors::new();
    crate::validate_create(&PersistentVolumeClaim, &new, &errors);
    expect![[r#"spec.dataSourceRef.apiGroup: Invalid value: "No Group": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#]].assert_eq(&errors.to_string());
    let mut bound = new.clone();
    bound["metadata"]["labels"] = json!({"a": "b"});
    assert_eq!(problems_of_update(&PersistentVolumeClaim, &bound, &new), "");
}
