use expect_test::expect;
use serde_json::{Value, json};

use super::PodDisruptionBudget;
use crate::fixture::{admitted, refusals, refused_statuses, row};

fn valid() -> Value {
    json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"minAvailable": "50%",
        "selector": {"matchLabels": {"app": "web"}}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/maxUnavailable", json!(1)),
        ("/spec/minAvailable", json!(-1)),
        ("/spec/minAvailable", json!("half")),
        ("/spec/minAvailable", json!("200%")),
        ("/spec/unhealthyPodEvictionPolicy", json!("Magic")),
        ("/spec/selector", json!({"matchExpressions": [{"key": "a", "operator": "Near"}]})),
    ];
    expect![[r#"
        /spec/maxUnavailable = 1
            spec: Invalid value: {"maxUnavailable":1,"minAvailable":"50%","selector":{"matchLabels":{"app":"web"}}}: minAvailable and maxUnavailable cannot be both set
        /spec/minAvailable = -1
            spec.minAvailable: Invalid value: -1: must be greater than or equal to 0
        /spec/minAvailable = "half"
            spec.minAvailable: Invalid value: "half": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')
        /spec/minAvailable = "200%"
            spec.minAvailable: Invalid value: "200%": must not be greater than 100%
        /spec/unhealthyPodEvictionPolicy = "Magic"
            spec.unhealthyPodEvictionPolicy: Unsupported value: "Magic": supported values: "AlwaysAllow", "IfHealthyBudget"
        /spec/selector = {"matchExpressions":[{"key":"a","operator":"Near"}]}
            spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator
    "#]].assert_eq(&refusals(&PodDisruptionBudget, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&PodDisruptionBudget, valid());
    object["status"]["disruptionsAllowed"] = json!(1);
    expect![[r"
        Name: web
        Min Available: 50%
        Max Unavailable: N/A
        Allowed Disruptions: 1
        Age: 4m5s
    "]]
    .assert_eq(&row(&PodDisruptionBudget, &object));
}

#[test]
fn a_strategic_patch_replaces_its_selector() {
    let schemas = crate::schemas();
    let definition = schemas.by_gvk("policy", "v1", "PodDisruptionBudget").unwrap();
    let patch = json!({"spec": {"selector": {"matchLabels": {"tier": "front"}}}});
    let patched = machinery::patch::strategic::apply(valid(), &patch, schemas, definition).unwrap();
    assert_eq!(patched["spec"]["selector"], patch["spec"]["selector"]);
    assert_eq!(patched["spec"]["minAvailable"], "50%");
}

#[test]
fn a_status_has_counts_and_conditions_that_say_why() {
    let changes = &[
        ("/status/disruptionsAllowed", json!(-1)),
        (
            "/status/conditions",
            json!([{"type": "a b", "status": "Maybe", "reason": "no reason", "lastTransitionTime": null, "message": ""}]),
        ),
        (
            "/status/conditions",
            json!([{"type": "A", "status": "True", "reason": "", "lastTransitionTime": "2026-01-02T03:04:05Z", "message": ""}]),
        ),
    ];
    expect![[r#"
        /status/disruptionsAllowed = -1
            status.podDisruptionsAllowed: Invalid value: -1: must be greater than or equal to 0
        /status/conditions = [{"lastTransitionTime":null,"message":"","reason":"no reason","status":"Maybe","type":"a b"}]
            status.conditions[0].type: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"
            status.conditions[0].lastTransitionTime: Required value: must be set
            status.conditions[0].reason: Invalid value: "no reason": a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')
        /status/conditions = [{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"","reason":"","status":"True","type":"A"}]
            status.conditions[0].reason: Required value: must be set
    "#]].assert_eq(&refused_statuses(&PodDisruptionBudget, &valid(), changes));
}
