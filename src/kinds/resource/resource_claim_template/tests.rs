use expect_test::expect;
use serde_json::{Value, json};

use super::ResourceClaimTemplate;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaimTemplate", "metadata": {"name": "gpu",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"metadata": {"labels": {"a": "b"}}, "spec": {"devices": {"requests": [{"name": "gpu",
        "exactly": {"deviceClassName": "gpu", "selectors": [{"cel": {"expression": "true"}}]}},
        {"name": "any", "firstAvailable": [{"name": "big", "deviceClassName": "gpu"}]}],
        "constraints": [{"requests": ["gpu"], "matchAttribute": "example.com/a"}],
        "config": [{"requests": ["any/big"], "opaque": {"driver": "gpu.example.com", "parameters": {}}}]}}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/metadata/labels", json!({"a b": "c"})),
        ("/spec/spec/devices/requests/0/exactly/allocationMode", json!("Magic")),
    ];
    expect![[r#"
        no /spec
            is fine
        no /spec/spec
            is fine
        no /spec/spec/devices/config/0/opaque/driver
            spec.spec.devices.config[0].opaque.driver: Required value
        no /spec/spec/devices/config/0/opaque/parameters
            spec.spec.devices.config[0].opaque.parameters: Required value
        no /spec/spec/devices/requests/0/exactly/deviceClassName
            spec.spec.devices.requests[0].exactly.deviceClassName: Required value
        no /spec/spec/devices/requests/0/exactly/selectors/0/cel/expression
            spec.spec.devices.requests[0].exactly.selectors[0].cel.expression: Required value
        no /spec/spec/devices/requests/0/name
            spec.spec.devices.requests[0].name: Required value
            spec.spec.devices.constraints[0].requests[0]: Invalid value: "gpu": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'
        /spec/metadata/labels = {"a b":"c"}
            spec.metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
        /spec/spec/devices/requests/0/exactly/allocationMode = "Magic"
            spec.spec.devices.requests[0].exactly.allocationMode: Unsupported value: "Magic": supported values: "All", "ExactCount"
    "#]].assert_eq(&refusals(&ResourceClaimTemplate, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[("/spec/spec/devices/requests/0/name", json!("other"))];
    expect![[r#"
        /spec/spec/devices/requests/0/name = "other"
            spec.spec.devices.constraints[0].requests[0]: Invalid value: "gpu": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'
            spec: Invalid value: {"metadata":{"labels":{"a":"b"}},"spec":{"devices":{"config":[{"opaque":{"driver":"gpu.example.com","parameters":{}},"requests":["any/big"]}],"constraints":[{"matchAttribute":"example.com/a","requests":["gpu"]}],"requests":[{"exactly":{"allocationMode":"ExactCount","count":1,"deviceClassName":"gpu","selectors":[{"cel":{"expression":"true"}}]},"name":"other"},{"firstAvailable":[{"allocationMode":"ExactCount","count":1,"deviceClassName":"gpu","name":"big"}],"name":"any"}]}}}: field is immutable
    "#]].assert_eq(&refused_updates(&ResourceClaimTemplate, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: gpu
        Age: 4m5s
    "]]
    .assert_eq(&row(&ResourceClaimTemplate, &admitted(&ResourceClaimTemplate, valid())));
}
