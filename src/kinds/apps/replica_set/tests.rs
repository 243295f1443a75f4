use expect_test::expect;
use serde_json::{Value, json};

use super::ReplicaSet;
use crate::fixture::{admitted, check, check_updates, refused_statuses, row};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "web", "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "hello:1"}, {"name": "log", "image": "log:1"}]}}}})
}

#[test]
fn the_selector_selects_the_template() {
    check(
        &ReplicaSet,
        &valid(),
        &[
            (
                "/spec/selector",
                json!(null),
                "spec.selector: Required value\nspec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` \
                 does not match template `labels`",
            ),
            (
                "/spec/selector",
                json!({}),
                "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
            ),
            (
                "/spec/template/metadata/labels/app",
                json!("other"),
                "spec.template.metadata.labels: Invalid value: {\"app\":\"other\"}: `selector` does not match template \
                 `labels`",
            ),
            (
                "/spec/selector/matchExpressions",
                json!([{"key": "a", "operator": "In"}]),
                "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' \
                 or 'NotIn'\nspec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\"}],\
                 \"matchLabels\":{\"app\":\"web\"}}: invalid label selector",
            ),
            (
                "/spec/selector/matchExpressions",
                json!([{"key": "a", "operator": "Near"}]),
                "spec.selector.matchExpressions[0].operator: Invalid value: \"Near\": not a valid selector operator\n\
                 spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Near\"}],\
                 \"matchLabels\":{\"app\":\"web\"}}: invalid label selector",
            ),
        ],
    );
}

#[test]
fn its_pods_run_for_ever() {
    check(
        &ReplicaSet,
        &valid(),
        &[
            (
                "/spec/replicas",
                json!(-1),
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            ),
            (
                "/spec/template/spec/restartPolicy",
                json!("Never"),
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
            ),
            (
                "/spec/template/spec/activeDeadlineSeconds",
                json!(5),
                "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not \
                 Supported",
            ),
            (
                "/spec/template/spec/containers/0/image",
                json!(null),
                "spec.template.spec.containers[0].image: Required value",
            ),
        ],
    );
}

#[test]
fn the_selector_stays() {
    check_updates(
        &ReplicaSet,
        &valid(),
        &[
            ("/spec/replicas", json!(5), ""),
            (
                "/spec/selector",
                json!({"matchExpressions": [{"key": "app", "operator": "Exists"}]}),
                "spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"Exists\"}]}: \
                 field is immutable",
            ),
        ],
    );
}

#[test]
fn only_a_change_of_what_is_wanted_raises_the_generation() {
    let old = admitted(&ReplicaSet, valid());
    let mut new = old.clone();
    new["status"]["replicas"] = json!(3);
    new["metadata"]["labels"] = json!({"a": "b"});
    assert!(!ReplicaSet.generation_changes(&new, &old));
    new["spec"]["replicas"] = json!(3);
    assert!(ReplicaSet.generation_changes(&new, &old));
}

#[test]
fn the_row_shows_counts_and_template() {
    expect![[r"
        Name: web
        Desired: 1
        Current: 0
        Ready: 0
        Age: 4m5s
        | Containers: web,log
        | Images: hello:1,log:1
        | Selector: app=web
    "]]
    .assert_eq(&row(&ReplicaSet, &admitted(&ReplicaSet, valid())));
}

#[test]
fn the_counts_of_a_status_agree() {
    let changes = &[
        (
            "/status",
            json!({"replicas": 1, "fullyLabeledReplicas": 2, "readyReplicas": 2, "availableReplicas": 1}),
        ),
        ("/status", json!({"replicas": 1, "observedGeneration": -1, "terminatingReplicas": -1})),
    ];
    expect![[r#"
        /status = {"availableReplicas":1,"fullyLabeledReplicas":2,"readyReplicas":2,"replicas":1}
            status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas
            status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas
        /status = {"observedGeneration":-1,"replicas":1,"terminatingReplicas":-1}
            status.terminatingReplicas: Invalid value: -1: must be greater than or equal to 0
            status.observedGeneration: Invalid value: -1: must be greater than or equal to 0
    "#]]
    .assert_eq(&refused_statuses(&ReplicaSet, &valid(), changes));
}
