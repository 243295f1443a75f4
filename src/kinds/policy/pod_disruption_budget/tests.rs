use expect_test::expect;
use serde_json::{Value, json};

use super::PodDisruptionBudget;
use crate::fixture::{admitted, refusals, row};

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
