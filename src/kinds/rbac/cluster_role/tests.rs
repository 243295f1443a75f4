use expect_test::expect;
use serde_json::{Value, json};

use super::ClusterRole;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "system:reader", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
        {"nonResourceURLs": ["/healthz"], "verbs": ["get"]}],
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/rules/0/apiGroups", json!([])),
        ("/rules/0/nonResourceURLs", json!(["/healthz"])),
        ("/rules/1/verbs", json!([])),
        ("/aggregationRule/clusterRoleSelectors", json!([])),
        (
            "/aggregationRule/clusterRoleSelectors/0/matchExpressions",
            json!([{"key": "a", "operator": "Near"}]),
        ),
    ];
    expect![[r#"
        no /rules/0/verbs
            rules[0].verbs: Required value: verbs must contain at least one value
        /rules/0/apiGroups = []
            rules[0].apiGroups: Required value: resource rules must supply at least one api group
        /rules/0/nonResourceURLs = ["/healthz"]
            rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and non-resource URLs
        /rules/1/verbs = []
            rules[1].verbs: Required value: verbs must contain at least one value
        /aggregationRule/clusterRoleSelectors = []
            aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil
        /aggregationRule/clusterRoleSelectors/0/matchExpressions = [{"key":"a","operator":"Near"}]
            aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator
    "#]].assert_eq(&refusals(&ClusterRole, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: system:reader
        Created At: 2026-01-02T03:00:00Z
    "]]
    .assert_eq(&row(&ClusterRole, &admitted(&ClusterRole, valid())));
}
