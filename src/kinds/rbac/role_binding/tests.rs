use expect_test::expect;
use serde_json::{Value, json};

use super::RoleBinding;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "read",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
        "subjects": [{"kind": "User", "name": "ann"}, {"kind": "Group", "name": "devs"},
        {"kind": "ServiceAccount", "name": "default", "namespace": "default"}]})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/roleRef/apiGroup", json!("apps")),
        ("/roleRef/kind", json!("Magic")),
        ("/roleRef/kind", json!("Role")),
        ("/roleRef/name", json!("a/b")),
        ("/subjects/0/apiGroup", json!("apps")),
        ("/subjects/0/kind", json!("Magic")),
        ("/subjects/2/apiGroup", json!("apps")),
        ("/subjects/2/namespace", json!(null)),
        ("/subjects/2/name", json!("No!")),
    ];
    expect![[r#"
        no /roleRef
            roleRef.apiGroup: Unsupported value: "": supported values: "rbac.authorization.k8s.io"
            roleRef.kind: Unsupported value: "": supported values: "ClusterRole", "Role"
            roleRef.name: Required value
        no /roleRef/apiGroup
            roleRef.apiGroup: Unsupported value: "": supported values: "rbac.authorization.k8s.io"
        no /roleRef/kind
            roleRef.kind: Unsupported value: "": supported values: "ClusterRole", "Role"
        no /roleRef/name
            roleRef.name: Required value
        no /subjects/0/kind
            subjects[0].kind: Unsupported value: "": supported values: "Group", "ServiceAccount", "User"
        no /subjects/0/name
            subjects[0].name: Required value
        /roleRef/apiGroup = "apps"
            roleRef.apiGroup: Unsupported value: "apps": supported values: "rbac.authorization.k8s.io"
        /roleRef/kind = "Magic"
            roleRef.kind: Unsupported value: "Magic": supported values: "ClusterRole", "Role"
        /roleRef/kind = "Role"
            is fine
        /roleRef/name = "a/b"
            roleRef.name: Invalid value: "a/b": may not contain '/'
        /subjects/0/apiGroup = "apps"
            subjects[0].apiGroup: Unsupported value: "apps": supported values: "rbac.authorization.k8s.io"
        /subjects/0/kind = "Magic"
            subjects[0].kind: Unsupported value: "Magic": supported values: "Group", "ServiceAccount", "User"
        /subjects/2/apiGroup = "apps"
            subjects[2].apiGroup: Unsupported value: "apps": supported values: ""
        no /subjects/2/namespace
            subjects[2].namespace: Required value
        /subjects/2/name = "No!"
            subjects[2].name: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    "#]].assert_eq(&refusals(&RoleBinding, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[("/roleRef/name", json!("other")), ("/subjects", json!([]))];
    expect![[r#"
        /roleRef/name = "other"
            roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"other"}: cannot change roleRef
        /subjects = []
            is fine
    "#]].assert_eq(&refused_updates(&RoleBinding, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: read
        Role: ClusterRole/reader
        Age: 4m5s
        | Users: ann
        | Groups: devs
        | ServiceAccounts: default/default
    "]]
    .assert_eq(&row(&RoleBinding, &admitted(&RoleBinding, valid())));
}
