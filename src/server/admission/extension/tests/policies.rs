//! Policies in CEL.

use serde_json::{Value, json};

use super::{GROUP, MAPS, config_map};
use crate::User;
use crate::testing::Fixture;

fn rules() -> Value {
    json!({"resourceRules": [{
        "operations": ["CREATE", "UPDATE"], "apiGroups": [""], "apiVersions": ["v1"],
        "resources": ["configmaps"],
    }]})
}

async fn policy(server: &Fixture, name: &str, spec: Value) {
    let mut policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name}, "spec": spec,
    });
    if policy["spec"].get("matchConstraints").is_none() {
        policy["spec"]["matchConstraints"] = rules();
    }
    let path = format!("{GROUP}/v1/validatingadmissionpolicies");
    server.post(&path, &policy).await.expect(201);
}

async fn bind(server: &Fixture, policy: &str, more: Value) {
    let mut spec = json!({"policyName": policy, "validationActions": ["Deny"]});
    for (field, value) in more.as_object().into_iter().flatten() {
        spec[field] = value.clone();
    }
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "b"}, "spec": spec,
    });
    let path = format!("{GROUP}/v1/validatingadmissionpolicybindings");
    server.post(&path, &binding).await.expect(201);
}

fn with_data(name: &str, data: Value) -> Value {
    let mut map = config_map(name);
    map["data"] = data;
    map
}

#[tokio::test]
async fn a_policy_refuses_what_does_not_hold_once_it_is_bound() {
    let server = Fixture::new().await;
    let validations = json!({"validations": [
        {"expression": "has(object.data) && size(object.data) > 0"},
        {"expression": "!('forbidden' in object.data)", "reason": "Forbidden",
            "messageExpression": "'not ' + string(size(object.data)) + ' keys'"},
    ]});
    policy(&server, "p", validations).await;
    server.post(MAPS, &config_map("before")).await.expect(201);
    bind(&server, "p", json!({})).await;
    assert_eq!(
        server.post(MAPS, &config_map("a")).await.failure(422, "Invalid"),
        "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed \
         expression: has(object.data) && size(object.data) > 0"
    );
    let refused = server.post(MAPS, &with_data("a", json!({"forbidden": "1", "x": "y"}))).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: not 2 keys"
    );
    server.post(MAPS, &with_data("a", json!({"x": "y"}))).await.expect(201);
}

#[tokio::test]
async fn variables_parameters_and_the_namespace_are_known() {
    let server = Fixture::new().await;
    let spec = json!({
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "matchConditions": [{"name": "not-params", "expression": "object.metadata.name != 'params'"}],
        "variables": [
            {"name": "limit", "expression": "int(params.data.limit)"},
            {"name": "sizes", "expression": "object.data.map(key, size(object.data[key]))"},
            {"name": "fine", "expression": "variables.sizes.all(size, size <= variables.limit)"},
        ],
        "validations": [
            {"expression": "variables.fine", "message": "too long"},
            {"expression": "namespaceObject.metadata.name == request.namespace"},
            {"expression": "oldObject == null || request.operation == 'UPDATE'"},
            {"expression": "request.userInfo.username == 'system:admin'"},
        ],
    });
    policy(&server, "p", spec).await;
    let reference = json!({"paramRef": {"name": "params", "parameterNotFoundAction": "Deny"}});
    bind(&server, "p", reference).await;
    let short = with_data("a", json!({"k": "abc"}));
    assert_eq!(
        server.post(MAPS, &short).await.failure(422, "Invalid"),
        "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed \
         to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
    );
    // The parameters themselves would need parameters too.
    let path = format!("{GROUP}/v1/validatingadmissionpolicybindings/b");
    let actions = json!({"spec": {"validationActions": ["Audit"]}});
    server.patch(&path, "merge", &actions).await.expect(200);
    server.post(MAPS, &with_data("params", json!({"limit": "3"}))).await.expect(201);
    let actions = json!({"spec": {"validationActions": ["Deny"]}});
    server.patch(&path, "merge", &actions).await.expect(200);
    server.post(MAPS, &short).await.expect(201);
    let long = server.post(MAPS, &with_data("b", json!({"k": "abcd"}))).await;
    assert!(long.failure(422, "Invalid").ends_with("denied request: too long"));
}

#[tokio::test]
async fn a_binding_may_only_warn_and_narrow() {
    let server = Fixture::new().await;
    policy(&server, "p", json!({"validations": [{"expression": "false", "message": "never"}]}))
        .await;
    let selector = json!({"objectSelector": {"matchLabels": {"checked": "yes"}}});
    bind(&server, "p", json!({"validationActions": ["Warn"], "matchResources": selector})).await;
    let free = server.post(MAPS, &config_map("free")).await;
    free.expect(201);
    assert!(free.warnings().is_empty());
    let mut checked = config_map("checked");
    checked["metadata"]["labels"] = json!({"checked": "yes"});
    let warned = server.post(MAPS, &checked).await;
    warned.expect(201);
    assert_eq!(
        warned.warnings(),
        ["299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': never\""]
    );
}

#[tokio::test]
async fn an_expression_that_fails_refuses_unless_the_policy_ignores_it() {
    let server = Fixture::new().await;
    policy(&server, "p", json!({"validations": [{"expression": "object.data.absent == '1'"}]}))
        .await;
    bind(&server, "p", json!({})).await;
    let refused =
        server.post(MAPS, &with_data("a", json!({"x": "y"}))).await.failure(422, "Invalid");
    assert!(
        refused.contains("expression 'object.data.absent == '1'' resulted in error: no such key"),
        "{refused}"
    );
    let path = format!("{GROUP}/v1/validatingadmissionpolicies/p");
    let ignore = json!({"spec": {"failurePolicy": "Ignore"}});
    server.patch(&path, "merge", &ignore).await.expect(200);
    server.post(MAPS, &with_data("a", json!({"x": "y"}))).await.expect(201);
}

#[tokio::test]
async fn expressions_that_do_not_compile_are_refused_where_they_stand() {
    let server = Fixture::new().await;
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "p"},
        "spec": {
            "matchConstraints": rules(),
            "variables": [{"name": "a", "expression": "variables.later"}],
            "validations": [{"expression": "object.x ="}, {"expression": "nothing > 1"}],
        },
    });
    let path = format!("{GROUP}/v1/validatingadmissionpolicies");
    let message = server.post(&path, &policy).await.failure(422, "Invalid");
    for part in [
        "spec.variables[0].expression: Invalid value: \"variables.later\": compilation failed: ERROR: <input>:1:10: \
         undefined field 'later'",
        "spec.validations[0].expression: Invalid value: \"object.x =\": compilation failed: ERROR: <input>:1:",
        "spec.validations[1].expression: Invalid value: \"nothing > 1\": compilation failed: ERROR: <input>:1:1: \
         undeclared reference to 'nothing' (in container '')",
    ] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
}

#[tokio::test]
async fn a_policy_may_ask_what_the_writer_is_allowed() {
    let server = Fixture::new().await;
    let expression = "authorizer.group('').resource('secrets').namespace('default').check('get').allowed() \
        && authorizer.requestResource.check('create').allowed()";
    policy(&server, "p", json!({"validations": [{"expression": expression, "message": "no"}]}))
        .await;
    bind(&server, "p", json!({})).await;
    server.post(MAPS, &config_map("a")).await.expect(201);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "writer"},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}],
    });
    server.post("/apis/rbac.authorization.k8s.io/v1/clusterroles", &role).await.expect(201);
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "writer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "writer"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}],
    });
    server
        .post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", &binding)
        .await
        .expect(201);
    let body = config_map("b").to_string();
    let request = http::Request::post(MAPS).body(http_body_util::Full::new(body.into())).unwrap();
    let refused = server.send(User::new("jane", &[]), request).await;
    assert!(refused.failure(422, "Invalid").ends_with("denied request: no"));
}

#[tokio::test]
async fn an_expression_does_not_run_for_ever() {
    let server = Fixture::new().await;
    let numbers = "lists.range(1000)";
    let expression =
        format!("{numbers}.all(a, {numbers}.all(b, {numbers}.all(c, a + b + c >= 0)))");
    policy(&server, "p", json!({"validations": [{"expression": expression}]})).await;
    bind(&server, "p", json!({})).await;
    let message = server.post(MAPS, &config_map("a")).await.failure(422, "Invalid");
    assert!(message.contains("operation cancelled: actual cost limit exceeded"), "{message}");
}

async fn mutating(server: &Fixture, mutations: Value) {
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1beta1", "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": "m"},
        "spec": {
            "matchConstraints": rules(), "reinvocationPolicy": "Never", "mutations": mutations,
            "variables": [{"name": "team", "expression": "request.namespace + '-team'"}],
        },
    });
    let path = format!("{GROUP}/v1beta1/mutatingadmissionpolicies");
    server.post(&path, &policy).await.expect(201);
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1beta1",
        "kind": "MutatingAdmissionPolicyBinding", "metadata": {"name": "b"},
        "spec": {"policyName": "m"},
    });
    let path = format!("{GROUP}/v1beta1/mutatingadmissionpolicybindings");
    server.post(&path, &binding).await.expect(201);
}

#[tokio::test]
async fn a_policy_changes_objects_by_applying_and_by_patching() {
    let server = Fixture::new().await;
    let mutations = json!([
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression":
            "Object{metadata: Object.metadata{labels: Object.metadata.labels{team: variables.team}}, \
             data: {'added': 'yes'}}"}},
        {"patchType": "JSONPatch", "jsonPatch": {"expression":
            "[JSONPatch{op: 'test', path: '/data/added', value: 'yes'}, \
             JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: object.data.own}]"}},
    ]);
    mutating(&server, mutations).await;
    let made = server.post(MAPS, &with_data("a", json!({"own": "kept"}))).await.expect(201);
    assert_eq!(made["metadata"]["labels"], json!({"team": "default-team", "a/b": "kept"}));
    assert_eq!(made["data"], json!({"own": "kept", "added": "yes"}));
    let refused = server.post(MAPS, &config_map("b")).await.failure(422, "Invalid");
    assert!(
        refused.contains("MutatingAdmissionPolicy 'm' with binding 'b' denied request"),
        "{refused}"
    );
}
