use expect_test::expect;
use serde_json::{Value, json};

use super::ReplicationController;
use crate::fixture::{admitted, check, row};

fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "ReplicationController",
        "metadata": {"name": "web", "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"template": {"metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "hello:1"}]}}}})
}

#[test]
fn labels_and_selector_come_from_the_template() {
    let rc = admitted(&ReplicationController, valid());
    assert_eq!(rc["spec"]["selector"], json!({"app": "web"}));
    assert_eq!(rc["metadata"]["labels"], json!({"app": "web"}));
    assert_eq!(rc["spec"]["replicas"], 1);
}

#[test]
fn the_selector_selects_the_template() {
    check(
        &ReplicationController,
        &valid(),
        &[
            ("/spec/selector", json!({}), "spec.selector: Required value"),
            ("/spec/template", json!(null), "spec.template: Required value"),
            (
                "/spec/selector/app",
                json!("other"),
                "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template \
                 `labels`",
            ),
            (
                "/spec/template/spec/restartPolicy",
                json!("OnFailure"),
                "spec.template.spec.restartPolicy: Unsupported value: \"OnFailure\": supported values: \"Always\"",
            ),
        ],
    );
}

#[test]
fn the_row_shows_counts_and_template() {
    expect![[r"
        Name: web
        Desired: 1
        Current: 0
        Ready: 0
        Age: 4m5s
        | Containers: web
        | Images: hello:1
        | Selector: app=web
    "]]
    .assert_eq(&row(&ReplicationController, &admitted(&ReplicationController, valid())));
}
