use expect_test::expect;
use serde_json::{Value, json};

use super::IngressClass;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "nginx",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"controller": "example.com/nginx",
        "parameters": {"apiGroup": "example.com", "kind": "Settings", "name": "a"}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/controller", json!("nginx")),
        ("/spec/controller", json!("")),
        (
            "/spec/controller",
            json!(
                "example.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            ),
        ),
        ("/spec/parameters/scope", json!("Magic")),
        ("/spec/parameters/scope", json!("Namespace")),
        ("/spec/parameters/namespace", json!("default")),
        ("/spec/parameters/apiGroup", json!("No!")),
    ];
    expect![[r#"
        no /spec/parameters/kind
            spec.parameters.kind: Required value: kind is required
        no /spec/parameters/name
            spec.parameters.name: Required value: name is required
        /spec/controller = "nginx"
            spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")
        /spec/controller = ""
            spec.controller: Required value
        /spec/controller = "example.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            spec.controller: Too long: may not be more than 250 bytes
        /spec/parameters/scope = "Magic"
            spec.parameters.scope: Unsupported value: "Magic": supported values: "Cluster", "Namespace"
        /spec/parameters/scope = "Namespace"
            spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'
        /spec/parameters/namespace = "default"
            spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'
        /spec/parameters/apiGroup = "No!"
            spec.parameters.apiGroup: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    "#]].assert_eq(&refusals(&IngressClass, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes =
        &[("/spec/controller", json!("example.com/other")), ("/spec/parameters/name", json!("b"))];
    expect![[r#"
        /spec/controller = "example.com/other"
            spec.controller: Invalid value: "example.com/other": field is immutable
        /spec/parameters/name = "b"
            is fine
    "#]]
    .assert_eq(&refused_updates(&IngressClass, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: nginx
        Controller: example.com/nginx
        Parameters: Settings.example.com/a
        Age: 4m5s
    "]]
    .assert_eq(&row(&IngressClass, &admitted(&IngressClass, valid())));
}
