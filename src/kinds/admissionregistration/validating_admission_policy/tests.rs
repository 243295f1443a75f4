use expect_test::expect;
use serde_json::{Value, json};

use super::ValidatingAdmissionPolicy;
use crate::fixture::{admitted, problems, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "rules", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "matchConstraints": {"resourceRules": [{"operations": ["CREATE"], "apiGroups": [""],
        "apiVersions": ["v1"], "resources": ["pods", "pods/status"]}]}, "validations": [{"expression": "true",
        "reason": "Invalid"}], "auditAnnotations": [{"key": "a", "valueExpression": "'b'"}],
        "variables": [{"name": "a", "expression": "1"}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/failurePolicy", json!("Magic")),
        ("/spec/matchConstraints", json!(null)),
        ("/spec/matchConstraints/resourceRules", json!([])),
        ("/spec/matchConstraints/matchPolicy", json!("Magic")),
        ("/spec/validations/0/reason", json!("Magic")),
        ("/spec/validations/0/message", json!(" ")),
        ("/spec/validations/0/message", json!("a\nb")),
        ("/spec/auditAnnotations/0/key", json!("a b")),
        ("/spec/variables/0/name", json!("a-b")),
        ("/spec/variables/1", json!({"name": "a", "expression": "1"})),
        ("/spec/paramKind", json!({})),
    ];
    expect![[r#"
        no /spec/auditAnnotations/0/key
            spec.auditAnnotations[0].key: Required value
        no /spec/auditAnnotations/0/valueExpression
            spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified
        no /spec/validations/0/expression
            spec.validations[0].expression: Required value: expression is not specified
        no /spec/variables/0/expression
            spec.variables[0].expression: Required value: expression is not specified
        no /spec/variables/0/name
            spec.variables[0].name: Required value: name is not specified
        /spec/failurePolicy = "Magic"
            spec.failurePolicy: Unsupported value: "Magic": supported values: "Fail", "Ignore"
        no /spec/matchConstraints
            spec.matchConstraints: Required value
        /spec/matchConstraints/resourceRules = []
            spec.matchConstraints.resourceRules: Required value
        /spec/matchConstraints/matchPolicy = "Magic"
            spec.matchConstraints.matchPolicy: Unsupported value: "Magic": supported values: "Equivalent", "Exact"
        /spec/validations/0/reason = "Magic"
            spec.validations[0].reason: Unsupported value: "Magic": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"
        /spec/validations/0/message = " "
            spec.validations[0].message: Invalid value: " ": message must be non-empty if specified
        /spec/validations/0/message = "a\nb"
            spec.validations[0].message: Invalid value: "a\nb": message must not contain line breaks
        /spec/auditAnnotations/0/key = "a b"
            spec.auditAnnotations[0].key: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
        /spec/variables/0/name = "a-b"
            spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier
        /spec/variables/1 = {"expression":"1","name":"a"}
            spec.variables[1].name: Duplicate value: "a"
        /spec/paramKind = {}
            spec.paramKind.apiVersion: Required value
            spec.paramKind.kind: Required value
    "#]].assert_eq(&refusals(&ValidatingAdmissionPolicy, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: rules
        Validations: 1
        ParamKind: v1/ConfigMap
        Age: 4m5s
    "]]
    .assert_eq(&row(&ValidatingAdmissionPolicy, &admitted(&ValidatingAdmissionPolicy, valid())));
}

#[test]
fn a_policy_says_something() {
    let mut policy = admitted(&ValidatingAdmissionPolicy, valid());
    for field in ["validations", "auditAnnotations"] {
        policy["spec"].as_object_mut().unwrap().remove(field);
    }
    expect![[r"
        spec.validations: Required value: validations or auditAnnotations must be non-empty
        spec.auditAnnotations: Required value: validations or auditAnnotations must be non-empty"]]
    .assert_eq(&problems(&ValidatingAdmissionPolicy, &policy));
}
