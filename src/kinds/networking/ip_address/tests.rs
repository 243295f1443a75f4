use expect_test::expect;
use serde_json::{Value, json};

use super::IPAddress;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "IPAddress", "metadata": {"name": "10.43.0.5",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"parentRef": {"resource": "services",
        "namespace": "default", "name": "web"}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/metadata/name", json!("web")),
        ("/metadata/name", json!("fd00:0::1")),
        ("/spec/parentRef/name", json!("a/b")),
        ("/spec/parentRef/group", json!("No!")),
    ];
    expect![[r#"
        no /spec/parentRef
            spec.parentRef: Required value
        no /spec/parentRef/name
            spec.parentRef.name: Required value
        no /spec/parentRef/resource
            spec.parentRef.resource: Required value
        /metadata/name = "web"
            metadata.name: Invalid value: "web": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
        /metadata/name = "fd00:0::1"
            metadata.name: Invalid value: "fd00:0::1": must be in canonical form ("fd00::1")
        /spec/parentRef/name = "a/b"
            spec.parentRef.name: Invalid value: "a/b": may not contain '/'
        /spec/parentRef/group = "No!"
            spec.parentRef.group: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    "#]].assert_eq(&refusals(&IPAddress, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[("/spec/parentRef/name", json!("other"))];
    expect![[r#"
        /spec/parentRef/name = "other"
            spec.parentRef: Invalid value: {"name":"other","namespace":"default","resource":"services"}: field is immutable
    "#]].assert_eq(&refused_updates(&IPAddress, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: 10.43.0.5
        ParentRef: services/default/web
        Age: 4m5s
    "]]
    .assert_eq(&row(&IPAddress, &admitted(&IPAddress, valid())));
}
