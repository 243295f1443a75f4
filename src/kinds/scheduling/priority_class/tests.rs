use expect_test::expect;
use serde_json::{Value, json};

use super::PriorityClass;
use crate::fixture::{admitted, problems, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "value": 1000})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/value", json!(2_000_000_000)),
        ("/preemptionPolicy", json!("Magic")),
        ("/metadata/name", json!("system-mine")),
    ];
    expect![[r#"
        no /value
            is fine
        /value = 2000000000
            value: Forbidden: maximum allowed value of a user defined priority is 1000000000
        /preemptionPolicy = "Magic"
            preemptionPolicy: Unsupported value: "Magic": supported values: "Never", "PreemptLowerPriority"
        /metadata/name = "system-mine"
            metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class
    "#]].assert_eq(&refusals(&PriorityClass, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/value", json!(5)),
        ("/preemptionPolicy", json!("Never")),
        ("/description", json!("a")),
    ];
    expect![[r#"
        /value = 5
            value: Forbidden: may not be changed in an update.
        /preemptionPolicy = "Never"
            preemptionPolicy: Invalid value: "Never": field is immutable
        /description = "a"
            is fine
    "#]]
    .assert_eq(&refused_updates(&PriorityClass, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: high
        Value: 1000
        Global-Default: false
        Age: 4m5s
        PreemptionPolicy: PreemptLowerPriority
    "]]
    .assert_eq(&row(&PriorityClass, &admitted(&PriorityClass, valid())));
}

#[test]
fn the_classes_of_the_system_are_what_they_are() {
    let mut class = valid();
    class["metadata"]["name"] = json!("system-node-critical");
    class["value"] = json!(2_000_001_000);
    let class = admitted(&PriorityClass, class);
    assert_eq!(problems(&PriorityClass, &class), "");
}
