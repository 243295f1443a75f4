use expect_test::expect;
use serde_json::{Value, json};

use super::MutatingWebhookConfiguration;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "hooks", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "webhooks": [{"name": "a.example.com", "clientConfig": {"service": {"namespace": "default",
        "name": "hook"}}, "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"],
        "resources": ["pods", "pods/status"]}], "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "matchConditions": [{"name": "a", "expression": "true"}]}]})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/webhooks/0/reinvocationPolicy", json!("Magic")),
        ("/webhooks/0/failurePolicy", json!("Magic")),
    ];
    expect![[r#"
        no /webhooks/0/admissionReviewVersions
            webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1
        no /webhooks/0/clientConfig
            webhooks[0].clientConfig: Required value: exactly one of url or service is required
        no /webhooks/0/clientConfig/service/name
            webhooks[0].clientConfig.service.name: Required value: service name is required
        no /webhooks/0/clientConfig/service/namespace
            webhooks[0].clientConfig.service.namespace: Required value: service namespace is required
        no /webhooks/0/matchConditions/0/expression
            webhooks[0].matchConditions[0].expression: Required value
        no /webhooks/0/matchConditions/0/name
            webhooks[0].matchConditions[0].name: Required value
        no /webhooks/0/name
            webhooks[0].name: Required value
        no /webhooks/0/sideEffects
            webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun
        /webhooks/0/reinvocationPolicy = "Magic"
            webhooks[0].reinvocationPolicy: Unsupported value: "Magic": supported values: "IfNeeded", "Never"
        /webhooks/0/failurePolicy = "Magic"
            webhooks[0].failurePolicy: Unsupported value: "Magic": supported values: "Fail", "Ignore"
    "#]].assert_eq(&refusals(&MutatingWebhookConfiguration, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: hooks
        Webhooks: 1
        Age: 4m5s
    "]]
    .assert_eq(&row(
        &MutatingWebhookConfiguration,
        &admitted(&MutatingWebhookConfiguration, valid()),
    ));
}

#[test]
fn a_hook_is_asked_with_care() {
    let hook = &admitted(&MutatingWebhookConfiguration, valid())["webhooks"][0];
    assert_eq!(hook["failurePolicy"], "Fail");
    assert_eq!(hook["timeoutSeconds"], 10);
    assert_eq!(hook["namespaceSelector"], json!({}));
    assert_eq!(hook["rules"][0]["scope"], "*");
    assert_eq!(hook["clientConfig"]["service"]["port"], 443);
}
