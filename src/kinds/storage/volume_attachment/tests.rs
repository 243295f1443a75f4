use expect_test::expect;
use serde_json::{Value, json};

use super::VolumeAttachment;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": "a",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"attacher": "disk.example.com",
        "nodeName": "n1", "source": {"persistentVolumeName": "pv1"}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/attacher", json!("no name!")),
        ("/spec/source", json!({})),
        ("/spec/source/persistentVolumeName", json!("")),
        ("/spec/source/inlineVolumeSpec", json!({})),
        ("/spec/nodeName", json!("No!")),
    ];
    expect![[r#"
        no /spec
            spec.attacher: Required value
            spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName
            spec.nodeName: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        no /spec/attacher
            spec.attacher: Required value
        no /spec/nodeName
            spec.nodeName: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        no /spec/source
            spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName
        /spec/attacher = "no name!"
            spec.attacher: Invalid value: "no name!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /spec/source = {}
            spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName
        /spec/source/persistentVolumeName = ""
            spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName
        /spec/source/inlineVolumeSpec = {}
            spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName
        /spec/nodeName = "No!"
            spec.nodeName: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    "#]].assert_eq(&refusals(&VolumeAttachment, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[("/spec/nodeName", json!("n2"))];
    expect![[r#"
        /spec/nodeName = "n2"
            spec: Invalid value: {"attacher":"disk.example.com","nodeName":"n2","source":{"persistentVolumeName":"pv1"}}: field is immutable
    "#]].assert_eq(&refused_updates(&VolumeAttachment, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&VolumeAttachment, valid());
    object["status"]["attached"] = json!(true);
    expect![[r"
        Name: a
        Attacher: disk.example.com
        PV: pv1
        Node: n1
        Attached: true
        Age: 4m5s
    "]]
    .assert_eq(&row(&VolumeAttachment, &object));
}
