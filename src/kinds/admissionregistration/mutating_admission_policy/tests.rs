#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::expect;
use serde_json::{Value, json};

use super::MutatingAdmissionPolicy;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1beta1", "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": "labels", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"failurePolicy": "Fail", "reinvocationPolicy": "Never",
        "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"],
        "operations": ["CREATE"], "resources": ["pods"]}]},
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": "[]"}}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/reinvocationPolicy", json!(null)),
        ("/spec/reinvocationPolicy", json!("Magic")),
        ("/spec/mutations", json!([])),
        ("/spec/mutations/0/patchType", json!("Magic")),
        ("/spec/mutations/0/jsonPatch", json!(null)),
        ("/spec/mutations/0/applyConfiguration", json!({"expression": "Object{}"})),
        ("/spec/matchConstraints", json!(null)),
        ("/spec/variables", json!([{"name": "a-b", "expression": "1"}])),
    ];
    expect![[r#"
        no /spec/mutations/0/patchType
            spec.mutations[0].patchType: Required value
        no /spec/reinvocationPolicy
            spec.reinvocationPolicy: Required value
        /spec/reinvocationPolicy = "Magic"
            spec.reinvocationPolicy: Unsupported value: "Magic": supported values: "IfNeeded", "Never"
        /spec/mutations = []
            spec.mutations: Required value
        /spec/mutations/0/patchType = "Magic"
            spec.mutations[0].patchType: Unsupported value: "Magic": supported values: "ApplyConfiguration", "JSONPatch"
            spec.mutations[0].jsonPatch: Invalid value: "[]": must not be specified when patchType is Magic
        no /spec/mutations/0/jsonPatch
            spec.mutations[0].jsonPatch.expression: Required value
        /spec/mutations/0/applyConfiguration = {"expression":"Object{}"}
            spec.mutations[0].applyConfiguration: Invalid value: "Object{}": must not be specified when patchType is JSONPatch
        no /spec/matchConstraints
            spec.matchConstraints: Required value
        /spec/variables = [{"expression":"1","name":"a-b"}]
            spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier
    "#]].assert_eq(&refusals(
        &MutatingAdmissionPolicy,
        &admitted(&MutatingAdmissionPolicy, valid()),
        changes,
    ));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r#"
        Name: labels
        Mutations: 1
        ParamKind: <unset>
        Age: 4m5s
    "#]]
    .assert_eq(&row(&MutatingAdmissionPolicy, &admitted(&MutatingAdmissionPolicy, valid())));
}
