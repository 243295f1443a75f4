use expect_test::expect;
use serde_json::{Value, json};

use super::ValidatingWebhookConfiguration;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "hooks", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "webhooks": [{"name": "a.example.com", "clientConfig": {"service": {"namespace": "default",
        "name": "hook"}}, "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"],
        "resources": ["pods", "pods/status"]}], "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "matchConditions": [{"name": "a", "expression": "true"}]}]})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/webhooks/0/name", json!("short.com")),
        ("/webhooks/0/failurePolicy", json!("Magic")),
        ("/webhooks/0/matchPolicy", json!("Magic")),
        ("/webhooks/0/sideEffects", json!("Some")),
        ("/webhooks/0/timeoutSeconds", json!(31)),
        ("/webhooks/0/clientConfig", json!({})),
        ("/webhooks/0/clientConfig", json!({"url": "http://a/b"})),
        ("/webhooks/0/clientConfig", json!({"url": "https://u@a/b?c#d"})),
        ("/webhooks/0/clientConfig/service", json!({"path": "a", "port": 0})),
        ("/webhooks/0/admissionReviewVersions", json!(["v9"])),
        ("/webhooks/0/admissionReviewVersions", json!(["v1", "v1"])),
        ("/webhooks/0/rules/0/operations", json!(["MAGIC"])),
        ("/webhooks/0/rules/0/operations", json!(["*", "CREATE"])),
        ("/webhooks/0/rules/0/apiGroups", json!([])),
        ("/webhooks/0/rules/0/resources", json!(["*/*", "pods"])),
        ("/webhooks/0/rules/0/resources", json!(["pods/*", "pods/status"])),
        ("/webhooks/0/rules/0/scope", json!("Magic")),
        (
            "/webhooks/0/matchConditions",
            json!([{"name": "a", "expression": ""}, {"name": "a", "expression": "true"}]),
        ),
        (
            "/webhooks/1",
            json!({"name": "a.example.com", "clientConfig": {"service": {"namespace": "default", "name": "hook"}}, "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods", "pods/status"]}], "sideEffects": "None", "admissionReviewVersions": ["v1"], "matchConditions": [{"name": "a", "expression": "true"}]}),
        ),
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
        /webhooks/0/name = "short.com"
            webhooks[0].name: Invalid value: "short.com": should be a domain with at least three segments separated by dots
        /webhooks/0/failurePolicy = "Magic"
            webhooks[0].failurePolicy: Unsupported value: "Magic": supported values: "Fail", "Ignore"
        /webhooks/0/matchPolicy = "Magic"
            webhooks[0].matchPolicy: Unsupported value: "Magic": supported values: "Equivalent", "Exact"
        /webhooks/0/sideEffects = "Some"
            webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"
        /webhooks/0/timeoutSeconds = 31
            webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds
        /webhooks/0/clientConfig = {}
            webhooks[0].clientConfig: Required value: exactly one of url or service is required
        /webhooks/0/clientConfig = {"url":"http://a/b"}
            webhooks[0].clientConfig.url: Invalid value: "http": 'http' is not a valid scheme, must be 'https'; desired format: https://host[/path]
        /webhooks/0/clientConfig = {"url":"https://u@a/b?c#d"}
            webhooks[0].clientConfig.url: Invalid value: "u@a": user information is not permitted in the URL
            webhooks[0].clientConfig.url: Invalid value: "https://u@a/b?c#d": query parameters are not permitted in the URL
            webhooks[0].clientConfig.url: Invalid value: "https://u@a/b?c#d": fragments are not permitted in the URL
        /webhooks/0/clientConfig/service = {"path":"a","port":0}
            webhooks[0].clientConfig.service.name: Required value: service name is required
            webhooks[0].clientConfig.service.namespace: Required value: service namespace is required
            webhooks[0].clientConfig.service.path: Invalid value: "a": must start with a '/'
            webhooks[0].clientConfig.service.port: Invalid value: 0: must be between 1 and 65535, inclusive
        /webhooks/0/admissionReviewVersions = ["v9"]
            webhooks[0].admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1
        /webhooks/0/admissionReviewVersions = ["v1","v1"]
            webhooks[0].admissionReviewVersions[1]: Invalid value: "v1": duplicate version
        /webhooks/0/rules/0/operations = ["MAGIC"]
            webhooks[0].rules[0].operations[0]: Unsupported value: "MAGIC": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"
        /webhooks/0/rules/0/operations = ["*","CREATE"]
            webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations
        /webhooks/0/rules/0/apiGroups = []
            webhooks[0].rules[0].apiGroups: Required value
        /webhooks/0/rules/0/resources = ["*/*","pods"]
            webhooks[0].rules[0].resources[1]: Invalid value: "pods": if '*/*' is present, must not specify other resources
        /webhooks/0/rules/0/resources = ["pods/*","pods/status"]
            webhooks[0].rules[0].resources[1]: Invalid value: "pods/status": if 'pods/*' is present, must not specify pods/status
        /webhooks/0/rules/0/scope = "Magic"
            webhooks[0].rules[0].scope: Unsupported value: "Magic": supported values: "*", "Cluster", "Namespaced"
        /webhooks/0/matchConditions = [{"expression":"","name":"a"},{"expression":"true","name":"a"}]
            webhooks[0].matchConditions[0].expression: Required value
            webhooks[0].matchConditions[1].name: Duplicate value: "a"
        /webhooks/1 = {"admissionReviewVersions":["v1"],"clientConfig":{"service":{"name":"hook","namespace":"default"}},"matchConditions":[{"expression":"true","name":"a"}],"name":"a.example.com","rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods","pods/status"]}],"sideEffects":"None"}
            webhooks[1].name: Duplicate value: "a.example.com"
            webhooks[1].rules[0].scope: Required value
            webhooks[1].failurePolicy: Required value
            webhooks[1].matchPolicy: Required value
    "#]].assert_eq(&refusals(&ValidatingWebhookConfiguration, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: hooks
        Webhooks: 1
        Age: 4m5s
    "]]
    .assert_eq(&row(
        &ValidatingWebhookConfiguration,
        &admitted(&ValidatingWebhookConfiguration, valid()),
    ));
}

#[test]
fn a_hook_is_asked_with_care() {
    let hook = &admitted(&ValidatingWebhookConfiguration, valid())["webhooks"][0];
    assert_eq!(hook["failurePolicy"], "Fail");
    assert_eq!(hook["timeoutSeconds"], 10);
    assert_eq!(hook["namespaceSelector"], json!({}));
    assert_eq!(hook["rules"][0]["scope"], "*");
    assert_eq!(hook["clientConfig"]["service"]["port"], 443);
}
