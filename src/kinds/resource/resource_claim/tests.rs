use expect_test::expect;
use serde_json::{Value, json};

use super::ResourceClaim;
use crate::fixture::{admitted, refusals, refused_statuses, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": "gpu",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu",
        "selectors": [{"cel": {"expression": "true"}}]}}, {"name": "any", "firstAvailable": [{"name": "big",
        "deviceClassName": "gpu"}]}], "constraints": [{"requests": ["gpu"],
        "matchAttribute": "example.com/a"}], "config": [{"requests": ["any/big"],
        "opaque": {"driver": "gpu.example.com", "parameters": {}}}]}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/devices/requests/0/name", json!("No!")),
        ("/spec/devices/requests/1/name", json!("gpu")),
        ("/spec/devices/requests/0/exactly", json!(null)),
        (
            "/spec/devices/requests/0/firstAvailable",
            json!([{"name": "a", "deviceClassName": "b", "allocationMode": "All"}]),
        ),
        ("/spec/devices/requests/0/exactly/allocationMode", json!("Magic")),
        ("/spec/devices/requests/0/exactly/allocationMode", json!("All")),
        ("/spec/devices/requests/0/exactly/count", json!(-1)),
        ("/spec/devices/requests/0/exactly/selectors/0", json!({})),
        ("/spec/devices/requests/1/firstAvailable/0/name", json!("No!")),
        ("/spec/devices/constraints/0", json!({"requests": ["other"]})),
        ("/spec/devices/config/0/requests", json!(["other"])),
    ];
    expect![[r#"
        no /spec
            is fine
        no /spec/devices/config/0/opaque/driver
            spec.devices.config[0].opaque.driver: Required value
        no /spec/devices/config/0/opaque/parameters
            spec.devices.config[0].opaque.parameters: Required value
        no /spec/devices/requests/0/exactly/deviceClassName
            spec.devices.requests[0].exactly.deviceClassName: Required value
        no /spec/devices/requests/0/exactly/selectors/0/cel/expression
            spec.devices.requests[0].exactly.selectors[0].cel.expression: Required value
        no /spec/devices/requests/0/name
            spec.devices.requests[0].name: Required value
            spec.devices.constraints[0].requests[0]: Invalid value: "gpu": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'
        /spec/devices/requests/0/name = "No!"
            spec.devices.requests[0].name: Invalid value: "No!": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
            spec.devices.constraints[0].requests[0]: Invalid value: "gpu": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'
        /spec/devices/requests/1/name = "gpu"
            spec.devices.requests[1].name: Duplicate value: "gpu"
            spec.devices.config[0].requests[0]: Invalid value: "any/big": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'
        no /spec/devices/requests/0/exactly
            spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required
        /spec/devices/requests/0/firstAvailable = [{"allocationMode":"All","deviceClassName":"b","name":"a"}]
            spec.devices.requests[0]: Invalid value: {"exactly":{"allocationMode":"ExactCount","count":1,"deviceClassName":"gpu","selectors":[{"cel":{"expression":"true"}}]},"firstAvailable":[{"allocationMode":"All","deviceClassName":"b","name":"a"}],"name":"gpu"}: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set
        /spec/devices/requests/0/exactly/allocationMode = "Magic"
            spec.devices.requests[0].exactly.allocationMode: Unsupported value: "Magic": supported values: "All", "ExactCount"
        /spec/devices/requests/0/exactly/allocationMode = "All"
            spec.devices.requests[0].exactly.count: Invalid value: 1: must not be specified when allocationMode is 'All'
        /spec/devices/requests/0/exactly/count = -1
            spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than zero
        /spec/devices/requests/0/exactly/selectors/0 = {}
            spec.devices.requests[0].exactly.selectors[0].cel: Required value
        /spec/devices/requests/1/firstAvailable/0/name = "No!"
            spec.devices.requests[1].firstAvailable[0].name: Invalid value: "No!": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
        /spec/devices/constraints/0 = {"requests":["other"]}
            spec.devices.constraints[0].requests[0]: Invalid value: "other": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'
            spec.devices.constraints[0].matchAttribute: Required value
        /spec/devices/config/0/requests = ["other"]
            spec.devices.config[0].requests[0]: Invalid value: "other": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'
    "#]].assert_eq(&refusals(&ResourceClaim, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[("/spec/devices/requests/0/name", json!("other"))];
    expect![[r#"
        /spec/devices/requests/0/name = "other"
            spec.devices.constraints[0].requests[0]: Invalid value: "gpu": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'
            spec: Invalid value: {"devices":{"config":[{"opaque":{"driver":"gpu.example.com","parameters":{}},"requests":["any/big"]}],"constraints":[{"matchAttribute":"example.com/a","requests":["gpu"]}],"requests":[{"exactly":{"allocationMode":"ExactCount","count":1,"deviceClassName":"gpu","selectors":[{"cel":{"expression":"true"}}]},"name":"other"},{"firstAvailable":[{"allocationMode":"ExactCount","count":1,"deviceClassName":"gpu","name":"big"}],"name":"any"}]}}: field is immutable
    "#]].assert_eq(&refused_updates(&ResourceClaim, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&ResourceClaim, valid());
    object["status"] =
        json!({"allocation": {}, "reservedFor": [{"resource": "pods", "name": "a", "uid": "b"}]});
    expect![[r"
        Name: gpu
        State: allocated,reserved
        Age: 4m5s
    "]]
    .assert_eq(&row(&ResourceClaim, &object));
}

#[test]
fn users_are_listed_once_and_of_what_is_allocated() {
    let changes = &[
        ("/status/reservedFor", json!([{"resource": "pods", "name": "a", "uid": "u"}])),
        (
            "/status",
            json!({"allocation": {}, "reservedFor": [{"resource": "pods", "name": "", "uid": "u"}, {"resource": "pods", "name": "b", "uid": "u"}]}),
        ),
    ];
    expect![[r#"
        /status/reservedFor = [{"name":"a","resource":"pods","uid":"u"}]
            status.reservedFor: Forbidden: may not be specified when `allocated` is not set
        /status = {"allocation":{},"reservedFor":[{"name":"","resource":"pods","uid":"u"},{"name":"b","resource":"pods","uid":"u"}]}
            status.reservedFor[0].name: Required value
            status.reservedFor[1].uid: Duplicate value: "u"
    "#]].assert_eq(&refused_statuses(&ResourceClaim, &valid(), changes));
}
