//! Types of what policies and match conditions say.

use expect_test::expect;
use machinery::FieldErrors;
use serde_json::{Value, json};

use super::GROUP;
use crate::admission::check_expressions;
use crate::testing::Fixture;

fn rules(group: &str, resources: &[&str]) -> Value {
    json!({"resourceRules": [{
        "operations": ["CREATE"], "apiGroups": [group], "apiVersions": ["v1"], "resources": resources,
    }]})
}

fn policy(kind: &str, spec: Value) -> Value {
    let mut policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
        "metadata": {"name": "p"}, "spec": spec,
    });
    if policy["spec"].get("matchConstraints").is_none() {
        policy["spec"]["matchConstraints"] = rules("", &["configmaps"]);
    }
    policy
}

fn validating(spec: Value) -> Value {
    policy("ValidatingAdmissionPolicy", spec)
}

const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";

#[tokio::test]
async fn what_does_not_fit_is_refused_where_it_stands() {
    let server = Fixture::new().await;
    let wrong = validating(json!({
        "variables": [
            {"name": "count", "expression": "size(object.data)"},
            {"name": "broken", "expression": "1 + 'a'"},
            {"name": "names", "expression": "request.userInfo.groups.map(g, g.size())"},
        ],
        "matchConditions": [
            {"name": "a", "expression": "request.operation"},
            {"name": "b", "expression": "request.operatoin == 'CREATE'"},
        ],
        "validations": [
            {"expression": "variables.count == '1'"},
            {"expression": "'text'"},
            {"expression": "true", "messageExpression": "variables.count"},
            {"expression": "true", "messageExpression": "string(authorizer.path('/').check('get').allowed())"},
            {"expression": "namespaceObject.metadata.labels.team == 1"},
            {"expression": "params.data.x == 'y'"},
            {"expression": "variables.names.exists(n, n == 'a')"},
        ],
        "auditAnnotations": [{"key": "a", "valueExpression": "variables.count"}],
    }));
    let refused = server.post(POLICIES, &wrong).await;
    refused.expect(422);
    let causes = refused.json()["details"]["causes"].clone();
    let told: Vec<String> = causes
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| {
            let text =
                |field: &str| cause[field].as_str().unwrap().lines().next().unwrap().to_owned();
            format!("{}: {}", text("field"), text("message"))
        })
        .collect();
    expect![[r#"
        spec.variables[1].expression: Invalid value: "1 + 'a'": compilation failed: ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'
        spec.matchConditions[0].expression: Invalid value: "request.operation": must evaluate to bool
        spec.matchConditions[1].expression: Invalid value: "request.operatoin == 'CREATE'": compilation failed: ERROR: <input>:1:8: undefined field 'operatoin'
        spec.validations[0].expression: Invalid value: "variables.count == '1'": compilation failed: ERROR: <input>:1:17: found no matching overload for '_==_' applied to '(int, string)'
        spec.validations[1].expression: Invalid value: "'text'": must evaluate to bool
        spec.validations[2].messageExpression: Invalid value: "variables.count": must evaluate to string
        spec.validations[3].messageExpression: Invalid value: "string(authorizer.path('/').check('get').allowed())": compilation failed: ERROR: <input>:1:8: undeclared reference to 'authorizer' (in container '')
        spec.validations[4].expression: Invalid value: "namespaceObject.metadata.labels.team == 1": compilation failed: ERROR: <input>:1:38: found no matching overload for '_==_' applied to '(string, int)'
        spec.validations[5].expression: Invalid value: "params.data.x == 'y'": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')
        spec.validations[6].expression: Invalid value: "variables.names.exists(n, n == 'a')": compilation failed: ERROR: <input>:1:29: found no matching overload for '_==_' applied to '(int, string)'
        spec.auditAnnotations[0].valueExpression: Invalid value: "variables.count": must evaluate to one of [string null_type]"#]].assert_eq(&told.join("\n"));
}

#[tokio::test]
async fn mutations_make_objects_and_patches() {
    let server = Fixture::new().await;
    let path = format!("{GROUP}/v1beta1/mutatingadmissionpolicies");
    let mut wrong = policy(
        "MutatingAdmissionPolicy",
        json!({
            "reinvocationPolicy": "Never",
            "mutations": [
                {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "'text'"}},
                {"patchType": "JSONPatch", "jsonPatch": {"expression": "[JSONPatch{op: 1}]"}},
                {"patchType": "JSONPatch", "jsonPatch": {"expression": "JSONPatch{op: 'test', path: '/a'}"}},
            ],
        }),
    );
    wrong["apiVersion"] = "admissionregistration.k8s.io/v1beta1".into();
    let refused = server.post(&path, &wrong).await.failure(422, "Invalid");
    for part in [
        "spec.mutations[0].applyConfiguration.expression: Invalid value: \"'text'\": must evaluate to Object",
        "compilation failed: ERROR: <input>:1:14: expected type of field 'op' is 'string' but provided type is 'int'",
        "spec.mutations[2].jsonPatch.expression: Invalid value: \"JSONPatch{op: 'test', path: '/a'}\": \
         must evaluate to list(JSONPatch)",
    ] {
        assert!(refused.contains(part), "{part} is not in {refused}");
    }
}

#[tokio::test]
async fn what_was_accepted_once_may_stay_while_something_else_changes() {
    let server = Fixture::new().await;
    let kinds = server.api.registry().catalog();
    let served = kinds.find("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies");
    let served = served.unwrap();
    let old = validating(json!({"variables": [{"name": "a", "expression": "1 + 'a'"}],
        "validations": [{"expression": "variables.a > 1"}]}));
    let mut new = old.clone();
    new["spec"]["validations"][0]["message"] = "no".into();
    let is_fine = |object: &Value, old: Option<&Value>| {
        let errors = FieldErrors::new();
        check_expressions(&served, object, old, &errors);
        errors.is_empty()
    };
    assert!(!is_fine(&old, None));
    assert!(is_fine(&new, Some(&old)));
    new["spec"]["validations"][0]["expression"] = "variables.a > 'b' + 1".into();
    assert!(!is_fine(&new, Some(&old)));
}

#[tokio::test]
async fn whatever_else_is_wrong_expressions_are_told_of() {
    let server = Fixture::new().await;
    let hooks = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "hooks"},
        "webhooks": [{
            "name": "a.example.com", "clientConfig": {"url": "https://localhost"},
            "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "matchConditions": [
                {"name": "", "expression": "foo("}, {"name": "x", "expression": "'a'"},
            ],
        }],
    });
    let path = format!("{GROUP}/v1/validatingwebhookconfigurations");
    let refused = server.post(&path, &hooks).await.failure(422, "Invalid");
    for part in [
        "webhooks[0].matchConditions[0].name: Required value",
        "webhooks[0].matchConditions[0].expression: Invalid value: \"foo(\": compilation failed",
        "webhooks[0].matchConditions[1].expression: Invalid value: \"'a'\": must evaluate to bool",
    ] {
        assert!(refused.contains(part), "{part} is not in {refused}");
    }
}

/// The status of the policy once it is about a generation.
async fn status(server: &Fixture, generation: u64) -> Value {
    let mut watch =
        server.watch(&format!("{POLICIES}?watch=1&fieldSelector=metadata.name=p")).await;
    loop {
        let object = watch.next().await.unwrap()["object"].clone();
        if object["status"]["observedGeneration"] == generation {
            return object["status"].clone();
        }
    }
}

fn told(status: &Value) -> String {
    let warnings = status["typeChecking"]["expressionWarnings"].as_array().into_iter().flatten();
    let warnings = warnings.map(|warning| {
        format!(
            "{}\n{}",
            warning["fieldRef"].as_str().unwrap(),
            warning["warning"].as_str().unwrap()
        )
    });
    warnings.collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn the_status_warns_of_fields_that_a_named_kind_does_not_have() {
    let server = Fixture::new().await;
    let spec = json!({
        "matchConstraints": rules("apps", &["replicasets", "deployments", "deployments/scale", "unknowns"]),
        "variables": [{"name": "spec", "expression": "object.spec"}],
        "validations": [
            {"expression": "object.spec.replicsa > 1", "messageExpression": "object.metadata.nmae"},
            {"expression": "variables.spec.template.spec.containers.all(c, c.image == 5)"},
            {"expression": "object.spec.strategy.type == 'Recreate'"},
            {"expression": "object.metadata.labels['a'] == 'b' && oldObject.spec.replicas > 1"},
            {"expression": "object.spec.template.spec.volumes.all(v, !has(v.hostPath))"},
            {"expression": "object.spec.template.spec.containers.all(c, quantity(c.resources.limits['cpu']).sign() > 0)"},
        ],
    });
    server.post(POLICIES, &validating(spec)).await.expect(201);
    expect![[r"
        spec.validations[0].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replicsa'
         | object.spec.replicsa > 1
         | ...........^
        apps/v1, Kind=ReplicaSet: ERROR: <input>:1:12: undefined field 'replicsa'
         | object.spec.replicsa > 1
         | ...........^
        spec.validations[0].messageExpression
        apps/v1, Kind=Deployment: ERROR: <input>:1:16: undefined field 'nmae'
         | object.metadata.nmae
         | ...............^
        apps/v1, Kind=ReplicaSet: ERROR: <input>:1:16: undefined field 'nmae'
         | object.metadata.nmae
         | ...............^
        spec.validations[1].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:56: found no matching overload for '_==_' applied to '(string, int)'
         | variables.spec.template.spec.containers.all(c, c.image == 5)
         | .......................................................^
        apps/v1, Kind=ReplicaSet: ERROR: <input>:1:56: found no matching overload for '_==_' applied to '(string, int)'
         | variables.spec.template.spec.containers.all(c, c.image == 5)
         | .......................................................^
        spec.validations[2].expression
        apps/v1, Kind=ReplicaSet: ERROR: <input>:1:12: undefined field 'strategy'
         | object.spec.strategy.type == 'Recreate'
         | ...........^"]].assert_eq(&told(&status(&server, 1).await));
    let right = json!({"spec": {"validations": [{"expression": "object.spec.replicas > 1"}]}});
    server.patch(&format!("{POLICIES}/p"), "merge", &right).await.expect(200);
    let expected = json!({"observedGeneration": 2, "typeChecking": {}});
    assert_eq!(status(&server, 2).await, expected);
}

#[tokio::test(start_paused = true)]
async fn made_kinds_and_parameters_are_known_by_their_schemas() {
    let server = Fixture::new().await;
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "limits.example.com"},
        "spec": {"group": "example.com", "scope": "Cluster", "names": {"plural": "limits", "kind": "Limit"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"most": {"type": "integer"}, "more": {
                    "type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]},
    });
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    server.post(definitions, &definition).await.expect(201);
    let spec = json!({
        "matchConstraints": rules("example.com", &["limits"]),
        "paramKind": {"apiVersion": "example.com/v1", "kind": "Limit"},
        "validations": [
            {"expression": "object.most <= params.most && object.metadata.labels.size() > 0"},
            {"expression": "object.more.whatever == 1"},
            {"expression": "object.most <= params.least"},
            {"expression": "object.most == 'x'"},
        ],
    });
    server.post(POLICIES, &validating(spec)).await.expect(201);
    expect![[r"
        spec.validations[2].expression
        example.com/v1, Kind=Limit: ERROR: <input>:1:22: undefined field 'least'
         | object.most <= params.least
         | .....................^
        spec.validations[3].expression
        example.com/v1, Kind=Limit: ERROR: <input>:1:13: found no matching overload for '_==_' applied to '(int, string)'
         | object.most == 'x'
         | ............^"]].assert_eq(&told(&status(&server, 1).await));
}
