use expect_test::expect;
use serde_json::{Value, json};

use super::ValidatingAdmissionPolicyBinding;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "rules", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"policyName": "rules", "paramRef": {"name": "a", "namespace": "default",
        "parameterNotFoundAction": "Deny"}, "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {}}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/policyName", json!("")),
        ("/spec/paramRef/name", json!(null)),
        ("/spec/paramRef/selector", json!({})),
        ("/spec/paramRef/parameterNotFoundAction", json!("Magic")),
        ("/spec/paramRef/parameterNotFoundAction", json!(null)),
        ("/spec/validationActions", json!([])),
        ("/spec/validationActions", json!(["Magic"])),
        ("/spec/validationActions", json!(["Deny", "Warn"])),
        ("/spec/validationActions", json!(["Audit", "Audit"])),
        ("/spec/matchResources/matchPolicy", json!("Magic")),
    ];
    expect![[r#"
        /spec/policyName = ""
            spec.policyName: Required value
        no /spec/paramRef/name
            spec.paramRef: Required value: one of name or selector must be specified
        /spec/paramRef/selector = {}
            spec.paramRef.name: Forbidden: name and selector are mutually exclusive
        /spec/paramRef/parameterNotFoundAction = "Magic"
            spec.paramRef.parameterNotFoundAction: Unsupported value: "Magic": supported values: "Allow", "Deny"
        no /spec/paramRef/parameterNotFoundAction
            spec.paramRef.parameterNotFoundAction: Required value
        /spec/validationActions = []
            spec.validationActions: Required value
        /spec/validationActions = ["Magic"]
            spec.validationActions[0]: Unsupported value: "Magic": supported values: "Audit", "Deny", "Warn"
        /spec/validationActions = ["Deny","Warn"]
            spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)
        /spec/validationActions = ["Audit","Audit"]
            spec.validationActions[1]: Duplicate value: "Audit"
        /spec/matchResources/matchPolicy = "Magic"
            spec.matchResources.matchPolicy: Unsupported value: "Magic": supported values: "Equivalent", "Exact"
    "#]].assert_eq(&refusals(&ValidatingAdmissionPolicyBinding, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: rules
        PolicyName: rules
        ParamRef: default/a
        Age: 4m5s
    "]]
    .assert_eq(&row(
        &ValidatingAdmissionPolicyBinding,
        &admitted(&ValidatingAdmissionPolicyBinding, valid()),
    ));
}
