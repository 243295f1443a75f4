use expect_test::expect;
use serde_json::{Value, json};

use super::RuntimeClass;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "wasm",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "handler": "isopod",
        "overhead": {"podFixed": {"memory": "1Mi"}}, "scheduling": {"nodeSelector": {"a": "b"},
        "tolerations": [{"key": "a", "operator": "Exists"}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/handler", json!("No!")),
        ("/overhead/podFixed/memory", json!("-1")),
        ("/scheduling/nodeSelector", json!({"a": "b c"})),
        ("/scheduling/tolerations", json!([{"operator": "Magic"}])),
    ];
    expect![[r#"
        no /handler
            handler: Invalid value: "": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
        /handler = "No!"
            handler: Invalid value: "No!": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
        /overhead/podFixed/memory = "-1"
            overhead.podFixed[memory]: Invalid value: "-1": must be greater than or equal to 0
        /scheduling/nodeSelector = {"a":"b c"}
            scheduling.nodeSelector: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
        /scheduling/tolerations = [{"operator":"Magic"}]
            scheduling.tolerations[0].operator: Invalid value: "Magic": operator must be Exists when `key` is empty, which means "match all values and all keys"
            scheduling.tolerations[0].operator: Unsupported value: "Magic": supported values: "Equal", "Exists"
    "#]].assert_eq(&refusals(&RuntimeClass, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[("/handler", json!("other"))];
    expect![[r#"
        /handler = "other"
            handler: Invalid value: "other": field is immutable
    "#]]
    .assert_eq(&refused_updates(&RuntimeClass, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: wasm
        Handler: isopod
        Age: 4m5s
    "]]
    .assert_eq(&row(&RuntimeClass, &admitted(&RuntimeClass, valid())));
}
