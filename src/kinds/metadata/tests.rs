use serde_json::json;

use super::{NameRule, finalizer_warnings};
use crate::core::{ConfigMap, Namespace, Service};
use crate::fixture::{check, check_updates};
use crate::kind::Kind;

fn valid() -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b",
        "uid": "1", "labels": {"app": "x"}, "annotations": {"n": "v"}, "finalizers": ["example.com/x"],
        "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u", "controller": true}]}})
}

#[test]
fn names_labels_owners_and_finalizers_are_checked() {
    const LABEL: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
        and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used \
        for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    check(
        &ConfigMap,
        &valid(),
        &[
            (
                "/metadata/name",
                json!(null),
                "metadata.name: Required value: name or generateName is required",
            ),
            ("/metadata/namespace", json!(null), "metadata.namespace: Required value"),
            (
                "/metadata/labels/app",
                json!("-x"),
                &format!("metadata.labels: Invalid value: \"-x\": {LABEL}"),
            ),
            (
                "/metadata/annotations/big",
                json!("x".repeat(256 * 1024)),
                "metadata.annotations: Too long: may not be more than 262144 bytes",
            ),
            (
                "/metadata/ownerReferences/0/uid",
                json!(""),
                "metadata.ownerReferences[0].uid: Invalid value: \"\": must not be empty",
            ),
            (
                "/metadata/ownerReferences/0/apiVersion",
                json!(""),
                "metadata.ownerReferences[0].apiVersion: Invalid value: \"\": version must not be empty",
            ),
            (
                "/metadata/finalizers",
                json!(["kubernetes", "x"]),
                "metadata.finalizers[1]: Invalid value: \"x\": name is neither a standard finalizer name nor is it \
                 fully qualified",
            ),
            (
                "/metadata/finalizers",
                json!(["orphan", "foregroundDeletion"]),
                "metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: finalizer orphan and \
                 finalizer foregroundDeletion cannot be both set",
            ),
        ],
    );
}

#[test]
fn a_second_controller_is_refused() {
    let owner =
        json!({"apiVersion": "v1", "kind": "Pod", "name": "q", "uid": "v", "controller": true});
    let object = crate::fixture::with(&valid(), "/metadata/ownerReferences/1", owner);
    let problems = crate::fixture::problems(&ConfigMap, &object);
    assert!(problems.ends_with(
        "Only one reference can have Controller set to true. Found \"true\" in references for Pod/p and Pod/q"
    ));
}

#[test]
fn identity_does_not_change() {
    check_updates(
        &ConfigMap,
        &valid(),
        &[
            ("/metadata/labels/app", json!("y"), ""),
            ("/metadata/uid", json!("2"), "metadata.uid: Invalid value: \"2\": field is immutable"),
            (
                "/metadata/deletionTimestamp",
                json!("2026-01-01T00:00:00Z"),
                "metadata.deletionTimestamp: Invalid value: \"2026-01-01T00:00:00Z\": field is immutable",
            ),
        ],
    );
}

#[test]
fn an_object_being_deleted_takes_no_new_finalizers() {
    let mut object = valid();
    object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    check_updates(
        &ConfigMap,
        &object,
        &[
            ("/metadata/finalizers", json!(null), ""),
            (
                "/metadata/finalizers/1",
                json!("example.com/y"),
                "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found \
                 new finalizers []string{\"example.com/y\"}",
            ),
        ],
    );
}

#[test]
fn each_kind_has_its_own_rule_for_names() {
    assert!(NameRule::Subdomain.check("a.b").is_none());
    assert!(NameRule::Label.check("a.b").is_some());
    assert!(NameRule::LetterLabel.check("1a").is_some());
    assert!(NameRule::PathSegment.check("system:node/x").is_some());
    assert!(NameRule::PathSegment.check("system:node").is_none());
    assert_eq!(Namespace.name_rule(), NameRule::Label);
    assert_eq!(Service.name_rule(), NameRule::LetterLabel);
}

#[test]
fn the_beginning_of_a_generated_name_may_end_in_a_dash() {
    assert!(NameRule::Label.check_base("web-").is_none());
    assert!(NameRule::Label.check_base("Web-").is_some());
    assert!(NameRule::Label.check_base("-").is_some());
}

#[test]
fn a_finalizer_without_a_domain_earns_a_warning_when_it_is_added() {
    let object = json!({"metadata": {"finalizers": ["mine", "a.b/c", "orphan"]}});
    assert!(finalizer_warnings(&object, &object).is_empty());
    let warnings = finalizer_warnings(&object, &json!({"metadata": {"finalizers": ["orphan"]}}));
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("metadata.finalizers: \"mine\": prefer a domain-qualified"));
}
