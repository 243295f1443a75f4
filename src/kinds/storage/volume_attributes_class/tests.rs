use expect_test::expect;
use serde_json::{Value, json};

use super::VolumeAttributesClass;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttributesClass", "metadata": {"name": "gold",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "driverName": "disk.example.com",
        "parameters": {"iops": "100"}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/driverName", json!("no name!")),
        ("/parameters", json!(null)),
        ("/parameters", json!({})),
    ];
    expect![[r#"
        no /driverName
            driverName: Required value
        /driverName = "no name!"
            driverName: Invalid value: "no name!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        no /parameters
            parameters: Required value: must contain at least one key/value pair
        /parameters = {}
            parameters: Required value: must contain at least one key/value pair
    "#]].assert_eq(&refusals(&VolumeAttributesClass, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes =
        &[("/driverName", json!("other.example.com")), ("/parameters/iops", json!("200"))];
    expect![[r#"
        /driverName = "other.example.com"
            driverName: Forbidden: updates to driverName are forbidden.
        /parameters/iops = "200"
            parameters: Forbidden: updates to parameters are forbidden.
    "#]]
    .assert_eq(&refused_updates(&VolumeAttributesClass, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: gold
        DriverName: disk.example.com
        Age: 4m5s
    "]]
    .assert_eq(&row(&VolumeAttributesClass, &admitted(&VolumeAttributesClass, valid())));
}
