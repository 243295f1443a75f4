use expect_test::expect;
use serde_json::{Value, json};

use super::Role;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "system:reader",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"}, "rules": [{"apiGroups": [""],
        "resources": ["pods"], "verbs": ["get"]}]})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/rules/0/apiGroups", json!([])),
        ("/rules/0/resources", json!([])),
        ("/rules/0/nonResourceURLs", json!(["/healthz"])),
        ("/metadata/name", json!("a/b")),
    ];
    expect![[r#"
        no /rules/0/verbs
            rules[0].verbs: Required value: verbs must contain at least one value
        /rules/0/apiGroups = []
            rules[0].apiGroups: Required value: resource rules must supply at least one api group
        /rules/0/resources = []
            rules[0].resources: Required value: resource rules must supply at least one resource
        /rules/0/nonResourceURLs = ["/healthz"]
            rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs
            rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and non-resource URLs
        /metadata/name = "a/b"
            metadata.name: Invalid value: "a/b": may not contain '/'
    "#]].assert_eq(&refusals(&Role, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: system:reader
        Created At: 2026-01-02T03:00:00Z
    "]]
    .assert_eq(&row(&Role, &admitted(&Role, valid())));
}
