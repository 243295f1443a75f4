use expect_test::expect;
use serde_json::{Value, json};

use super::Deployment;
use crate::fixture::{
    admitted, check, check_updates, problems_of_update, refused_statuses, row, with,
};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "hello:1"}]}}}})
}

#[test]
fn a_bare_deployment_gets_what_kubernetes_gives_it() {
    let spec = &admitted(&Deployment, valid())["spec"];
    assert_eq!(spec["replicas"], 1);
    assert_eq!(spec["revisionHistoryLimit"], 10);
    assert_eq!(spec["progressDeadlineSeconds"], 600);
    assert_eq!(
        spec["strategy"],
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
    );
    assert_eq!(spec["template"]["spec"]["restartPolicy"], "Always");
    assert_eq!(spec["template"]["spec"]["containers"][0]["imagePullPolicy"], "IfNotPresent");
    assert_eq!(spec["template"]["spec"].get("enableServiceLinks"), None);
}

#[test]
fn the_strategy_makes_progress() {
    const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
        '93%', regex used for validation is '[0-9]+%')";
    check(
        &Deployment,
        &valid(),
        &[
            (
                "/spec/strategy/type",
                json!("Magic"),
                "spec.strategy: Unsupported value: {\"rollingUpdate\":{\"maxSurge\":\"25%\",\"maxUnavailable\":\"25%\"},\
                 \"type\":\"Magic\"}: supported values: \"Recreate\", \"RollingUpdate\"",
            ),
            (
                "/spec/strategy/type",
                json!("Recreate"),
                "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
            ),
            (
                "/spec/strategy/rollingUpdate",
                json!({"maxSurge": 0, "maxUnavailable": "0%"}),
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0",
            ),
            (
                "/spec/strategy/rollingUpdate/maxUnavailable",
                json!("200%"),
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"200%\": must not be greater than 100%",
            ),
            (
                "/spec/strategy/rollingUpdate/maxSurge",
                json!("half"),
                &format!(
                    "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"half\": {PERCENT}"
                ),
            ),
            ("/spec/strategy/rollingUpdate/maxSurge", json!("150%"), ""),
        ],
    );
}

#[test]
fn counts_and_deadlines_are_checked() {
    check(
        &Deployment,
        &valid(),
        &[
            (
                "/spec/selector",
                json!(null),
                "spec.selector: Required value\nspec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` \
                 does not match template `labels`",
            ),
            (
                "/spec/revisionHistoryLimit",
                json!(-1),
                "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
            ),
            (
                "/spec/minReadySeconds",
                json!(600),
                "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds",
            ),
            (
                "/spec/template/metadata/labels",
                json!(null),
                "spec.template.metadata.labels: Invalid value: {}: `selector` does not match template `labels`",
            ),
        ],
    );
}

#[test]
fn what_is_wanted_and_annotations_raise_the_generation() {
    let old = admitted(&Deployment, valid());
    let labelled = with(&old, "/metadata/labels", json!({"team": "a"}));
    assert!(!Deployment.generation_changes(&labelled, &old));
    let annotated = with(&old, "/metadata/annotations", json!({"team": "a"}));
    assert!(Deployment.generation_changes(&annotated, &old));
    assert!(Deployment.generation_changes(&with(&old, "/spec/replicas", json!(7)), &old));
}

#[test]
fn the_selector_stays() {
    check_updates(
        &Deployment,
        &valid(),
        &[
            ("/spec/template/spec/containers/0/image", json!("hello:2"), ""),
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
fn the_row_shows_how_far_it_is() {
    let mut deployment = admitted(&Deployment, valid());
    deployment["spec"]["replicas"] = json!(3);
    deployment["status"] =
        json!({"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1});
    expect![[r"
        Name: web
        Ready: 2/3
        Up-to-date: 3
        Available: 1
        Age: 4m5s
        | Containers: web
        | Images: hello:1
        | Selector: app=web
    "]]
    .assert_eq(&row(&Deployment, &deployment));
}

#[test]
fn the_counts_of_a_status_agree() {
    let changes = &[
        (
            "/status",
            json!({"replicas": 1, "updatedReplicas": 2, "readyReplicas": 1, "availableReplicas": 2}),
        ),
        ("/status", json!({"replicas": -1, "unavailableReplicas": -1, "collisionCount": -1})),
        (
            "/status",
            json!({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 1}),
        ),
    ];
    expect![[r#"
        /status = {"availableReplicas":2,"readyReplicas":1,"replicas":1,"updatedReplicas":2}
            status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas
            status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas
            status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas
        /status = {"collisionCount":-1,"replicas":-1,"unavailableReplicas":-1}
            status.replicas: Invalid value: -1: must be greater than or equal to 0
            status.unavailableReplicas: Invalid value: -1: must be greater than or equal to 0
            status.collisionCount: Invalid value: -1: must be greater than or equal to 0
            status.updatedReplicas: Invalid value: 0: cannot be greater than status.replicas
            status.readyReplicas: Invalid value: 0: cannot be greater than status.replicas
            status.availableReplicas: Invalid value: 0: cannot be greater than status.replicas
        /status = {"availableReplicas":1,"readyReplicas":2,"replicas":2,"updatedReplicas":2}
            is fine
    "#]]
    .assert_eq(&refused_statuses(&Deployment, &valid(), changes));
}

#[test]
fn a_template_that_is_stored_keeps_nobody_from_scaling() {
    let mut stored = admitted(&Deployment, valid());
    stored["spec"]["template"]["spec"]["containers"][0]["resources"] =
        json!({"limits": {"foo": "1"}});
    let scaled = with(&stored, "/spec/replicas", json!(3));
    assert_eq!(problems_of_update(&Deployment, &scaled, &stored), "");
    let changed = with(&stored, "/spec/template/spec/containers/0/image", json!("hello:2"));
    let problems = problems_of_update(&Deployment, &changed, &stored);
    assert!(problems.contains("must be a standard resource for containers"), "{problems}");
    let negative = with(&stored, "/spec/replicas", json!(-1));
    assert!(problems_of_update(&Deployment, &negative, &stored).starts_with("spec.replicas"));
}
