use expect_test::expect;
use serde_json::{Value, json};

use super::StorageClass;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast",
        "creationTimestamp": "2026-01-02T03:00:00Z",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "example.com/disk", "parameters": {"type": "ssd"}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/provisioner", json!("no name!")),
        ("/reclaimPolicy", json!("Magic")),
        ("/volumeBindingMode", json!("Magic")),
        ("/volumeBindingMode", json!(null)),
        ("/parameters", json!({"": "a"})),
        ("/allowedTopologies", json!([{"matchLabelExpressions": [{"key": "a b", "values": []}]}])),
    ];
    expect![[r#"
        no /provisioner
            provisioner: Required value
        /provisioner = "no name!"
            provisioner: Invalid value: "no name!": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
        /reclaimPolicy = "Magic"
            reclaimPolicy: Unsupported value: "Magic": supported values: "Delete", "Retain"
        /volumeBindingMode = "Magic"
            volumeBindingMode: Unsupported value: "Magic": supported values: "Immediate", "WaitForFirstConsumer"
        no /volumeBindingMode
            volumeBindingMode: Required value
        /parameters = {"":"a"}
            parameters: Invalid value: "": field can not be empty.
        /allowedTopologies = [{"matchLabelExpressions":[{"key":"a b","values":[]}]}]
            allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            allowedTopologies[0].matchLabelExpressions[0].values: Required value
    "#]].assert_eq(&refusals(&StorageClass, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/provisioner", json!("other")),
        ("/parameters/type", json!("hdd")),
        ("/reclaimPolicy", json!("Retain")),
        ("/volumeBindingMode", json!("WaitForFirstConsumer")),
        ("/allowVolumeExpansion", json!(true)),
    ];
    expect![[r#"
        /provisioner = "other"
            provisioner: Forbidden: updates to provisioner are forbidden.
        /parameters/type = "hdd"
            parameters: Forbidden: updates to parameters are forbidden.
        /reclaimPolicy = "Retain"
            reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.
        /volumeBindingMode = "WaitForFirstConsumer"
            volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable
        /allowVolumeExpansion = true
            is fine
    "#]]
    .assert_eq(&refused_updates(&StorageClass, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: fast (default)
        Provisioner: example.com/disk
        ReclaimPolicy: Delete
        VolumeBindingMode: Immediate
        AllowVolumeExpansion: false
        Age: 4m5s
    "]]
    .assert_eq(&row(&StorageClass, &admitted(&StorageClass, valid())));
}
