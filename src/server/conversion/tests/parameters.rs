//! Objects that a webhook converts, as the parameters of policies.

use super::*;

const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const BINDINGS: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::test]
async fn a_policy_sees_its_parameters_in_the_version_that_it_names() {
    let (server, hook) = (Fixture::new().await, hook().await);
    server.post(DEFINITIONS, &definition(&hook, "v1")).await.expect(201);
    server.post(V1, &door("v1", "a", json!({ "size": "2x3" }))).await.expect(201);
    let of = |kind: &str, spec: Value| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
            "metadata": { "name": "narrow" }, "spec": spec,
        })
    };
    let rule = json!({
        "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"],
    });
    let policy = json!({
        "paramKind": { "apiVersion": "example.com/v2", "kind": "Door" },
        "matchConstraints": { "resourceRules": [rule] },
        "validations": [{ "expression": "int(object.data.width) <= params.spec.width" }],
    });
    let binding = json!({
        "policyName": "narrow", "validationActions": ["Deny"],
        "paramRef": { "name": "a", "namespace": "default", "parameterNotFoundAction": "Deny" },
    });
    server.post(POLICIES, &of("ValidatingAdmissionPolicy", policy)).await.expect(201);
    server.post(BINDINGS, &of("ValidatingAdmissionPolicyBinding", binding)).await.expect(201);
    let map = |width: &str| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "generateName": "m-" },
            "data": { "width": width },
        })
    };
    server.post(MAPS, &map("2")).await.expect(201);
    let refused = server.post(MAPS, &map("3")).await.failure(422, "Invalid");
    assert!(refused.contains("failed expression: int(object.data.width)"), "{refused}");
}
