use expect_test::expect;
use serde_json::json;

use super::Namespace;
use crate::fixture::{admitted, check, refused_statuses, row};
use crate::kind::Kind;

fn valid() -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "shop", "creationTimestamp": "2026-01-01T03:00:00Z"}})
}

#[test]
fn a_new_namespace_is_active_and_kept_by_its_finalizer() {
    let namespace = admitted(&Namespace, valid());
    assert_eq!(namespace["status"], json!({"phase": "Active"}));
    assert_eq!(namespace["spec"], json!({"finalizers": ["kubernetes"]}));
    assert_eq!(namespace["metadata"]["labels"], json!({"kubernetes.io/metadata.name": "shop"}));
}

#[test]
fn no_namespace_takes_the_name_of_another_in_its_labels() {
    let mut namespace = valid();
    namespace["metadata"]["labels"] =
        json!({"kubernetes.io/metadata.name": "kube-system", "team": "a"});
    Namespace.set_defaults(&mut namespace);
    assert_eq!(
        namespace["metadata"]["labels"],
        json!({"kubernetes.io/metadata.name": "shop", "team": "a"})
    );
}

#[test]
fn it_stands_in_no_namespace_and_is_one_label() {
    check(
        &Namespace,
        &valid(),
        &[
            (
                "/metadata/namespace",
                json!("a"),
                "metadata.namespace: Forbidden: not allowed on this type",
            ),
            (
                "/metadata/name",
                json!("a.b"),
                "metadata.name: Invalid value: \"a.b\": a lowercase RFC 1123 label must consist of lower case \
                 alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. \
                 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            ),
            (
                "/spec/finalizers",
                json!([""]),
                "spec.finalizers[0]: Invalid value: \"\": name part must be non-empty",
            ),
        ],
    );
}

#[test]
fn finalizers_and_phase_change_only_through_their_own_paths() {
    let old = admitted(&Namespace, valid());
    let mut new = old.clone();
    new["spec"] = json!({});
    new["status"] = json!({"phase": "Terminating"});
    Namespace.prepare_update(&mut new, &old);
    assert_eq!(new, old);
}

#[test]
fn the_row_shows_the_phase() {
    expect![[r"
        Name: shop
        Status: Active
        Age: 24h
    "]]
    .assert_eq(&row(&Namespace, &admitted(&Namespace, valid())));
}

#[test]
fn the_phase_follows_from_the_deletion() {
    let changes = &[("/status/phase", json!("Terminating")), ("/status/phase", json!("Active"))];
    expect![[r#"
        /status/phase = "Terminating"
            status.phase: Invalid value: "Terminating": may only be 'Active' if `deletionTimestamp` is empty
        /status/phase = "Active"
            is fine
    "#]].assert_eq(&refused_statuses(&Namespace, &valid(), changes));
}
