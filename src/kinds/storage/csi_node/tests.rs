use expect_test::expect;
use serde_json::{Value, json};

use super::CSINode;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": "n1",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"drivers": [{"name": "disk.example.com",
        "nodeID": "n1", "topologyKeys": ["zone"], "allocatable": {"count": 5}}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/drivers/0/name", json!("no name!")),
        (
            "/spec/drivers/0/nodeID",
            json!(
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            ),
        ),
        ("/spec/drivers/0/allocatable/count", json!(-1)),
        ("/spec/drivers/0/topologyKeys", json!(["a b"])),
        ("/spec/drivers/1", json!({"name": "disk.example.com", "nodeID": "x"})),
    ];
    expect![[r#"
        no /spec
            is fine
        no /spec/drivers
            is fine
        no /spec/drivers/0/name
            spec.drivers[0].name: Required value
        no /spec/drivers/0/nodeID
            spec.drivers[0].nodeID: Required value
        /spec/drivers/0/name = "no name!"
            spec.drivers[0].name: Invalid value: "no name!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /spec/drivers/0/nodeID = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            spec.drivers[0].nodeID: Invalid value: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": must be 192 characters or less
        /spec/drivers/0/allocatable/count = -1
            spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0
        /spec/drivers/0/topologyKeys = ["a b"]
            spec.drivers[0].topologyKeys: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
        /spec/drivers/1 = {"name":"disk.example.com","nodeID":"x"}
            spec.drivers[1].name: Duplicate value: "disk.example.com"
    "#]].assert_eq(&refusals(&CSINode, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[("/spec/drivers/0/nodeID", json!("n2")), ("/spec/drivers", json!([]))];
    expect![[r#"
        /spec/drivers/0/nodeID = "n2"
            spec.drivers[0]: Invalid value: {"allocatable":{"count":5},"name":"disk.example.com","nodeID":"n2","topologyKeys":["zone"]}: field is immutable
        /spec/drivers = []
            is fine
    "#]].assert_eq(&refused_updates(&CSINode, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: n1
        Drivers: 1
        Age: 4m5s
    "]]
    .assert_eq(&row(&CSINode, &admitted(&CSINode, valid())));
}
