use expect_test::expect;
use serde_json::{Value, json};

use super::CSIDriver;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "disk.example.com",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"tokenRequests": [{"audience": "a",
        "expirationSeconds": 600}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/attachRequired", json!(null)),
        ("/spec/fsGroupPolicy", json!("Magic")),
        ("/spec/volumeLifecycleModes", json!(["Magic"])),
        ("/spec/tokenRequests/0/expirationSeconds", json!(5)),
        ("/spec/tokenRequests", json!([{"audience": "a"}, {"audience": "a"}])),
        ("/spec/nodeAllocatableUpdatePeriodSeconds", json!(1)),
    ];
    expect![[r#"
        no /spec
            spec.attachRequired: Required value
            spec.podInfoOnMount: Required value
            spec.storageCapacity: Required value
            spec.fsGroupPolicy: Required value
        no /spec/tokenRequests/0/audience
            is fine
        no /spec/attachRequired
            spec.attachRequired: Required value
        /spec/fsGroupPolicy = "Magic"
            spec.fsGroupPolicy: Unsupported value: "Magic": supported values: "File", "None", "ReadWriteOnceWithFSType"
        /spec/volumeLifecycleModes = ["Magic"]
            spec.volumeLifecycleModes[0]: Unsupported value: "Magic": supported values: "Ephemeral", "Persistent"
        /spec/tokenRequests/0/expirationSeconds = 5
            spec.tokenRequests[0].expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes
        /spec/tokenRequests = [{"audience":"a"},{"audience":"a"}]
            spec.tokenRequests[1].audience: Duplicate value: "a"
        /spec/nodeAllocatableUpdatePeriodSeconds = 1
            spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 1: must be greater than or equal to 10 seconds
    "#]].assert_eq(&refusals(&CSIDriver, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/spec/attachRequired", json!(false)),
        ("/spec/volumeLifecycleModes", json!(["Ephemeral"])),
        ("/spec/podInfoOnMount", json!(true)),
    ];
    expect![[r#"
        /spec/attachRequired = false
            spec.attachRequired: Invalid value: false: field is immutable
        /spec/volumeLifecycleModes = ["Ephemeral"]
            spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable
        /spec/podInfoOnMount = true
            is fine
    "#]]
    .assert_eq(&refused_updates(&CSIDriver, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: disk.example.com
        AttachRequired: true
        PodInfoOnMount: false
        StorageCapacity: false
        TokenRequests: a
        RequiresRepublish: false
        Modes: Persistent
        Age: 4m5s
    "]]
    .assert_eq(&row(&CSIDriver, &admitted(&CSIDriver, valid())));
}
