use expect_test::expect;
use serde_json::{Value, json};

use super::DeviceClass;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpu",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"selectors": [{"cel": {"expression": "true"}}],
        "config": [{"opaque": {"driver": "gpu.example.com", "parameters": {"a": 1}}}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/selectors/0", json!({})),
        ("/spec/config/0", json!({})),
        ("/spec/config/0/opaque/driver", json!("No!")),
        ("/spec/extendedResourceName", json!("a b")),
    ];
    expect![[r#"
        no /spec
            is fine
        no /spec/config/0/opaque/driver
            spec.config[0].opaque.driver: Required value
        no /spec/config/0/opaque/parameters
            spec.config[0].opaque.parameters: Required value
        no /spec/selectors/0/cel/expression
            spec.selectors[0].cel.expression: Required value
        /spec/selectors/0 = {}
            spec.selectors[0].cel: Required value
        /spec/config/0 = {}
            spec.config[0].opaque: Required value
        /spec/config/0/opaque/driver = "No!"
            spec.config[0].opaque.driver: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /spec/extendedResourceName = "a b"
            spec.extendedResourceName: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
    "#]].assert_eq(&refusals(&DeviceClass, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: gpu
        Age: 4m5s
    "]]
    .assert_eq(&row(&DeviceClass, &admitted(&DeviceClass, valid())));
}
