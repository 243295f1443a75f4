//! Webhooks behind real TLS and policies in CEL, put to work and met with every kubectl.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use serde_json::{Value, json};

use crate::support::cluster::choose_provider;
use crate::support::hook::{Hook, Said};
use crate::support::kubectl::{Session, with_every_kubectl};

/// A server that answers admission reviews as a function says.
async fn reviewer(
    names: &[&str],
    answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static,
) -> Hook {
    choose_provider();
    let review = move |path: &str, review: &Value| {
        let mut response = answer(path, &review["request"]);
        response["uid"] = review["request"]["uid"].clone();
        Said::Json(json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response,
        }))
    };
    Hook::start(names, review).await
}

/// A configuration of one webhook about the config maps of the session.
fn configuration(k: &Session<'_>, sort: &str, name: &str, client: Value, more: Value) -> String {
    let mut webhook = json!({
        "name": format!("{name}.example.com"),
        "clientConfig": client,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": k.space.name}},
        "rules": [{
            "operations": ["CREATE", "UPDATE"], "apiGroups": [""], "apiVersions": ["v1"],
            "resources": ["configmaps"],
        }],
        "objectSelector": {"matchExpressions": [{"key": "free", "operator": "DoesNotExist"}]},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    });
    for (field, value) in more.as_object().into_iter().flatten() {
        webhook[field] = value.clone();
    }
    let document = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": format!("{sort}WebhookConfiguration"),
        "metadata": {"name": format!("{name}-{}", k.space.name)},
        "webhooks": [webhook],
    });
    document.to_string()
}

fn by_url(hook: &Hook, path: &str) -> Value {
    let url = format!("https://localhost:{}{path}", hook.port);
    json!({"url": url, "caBundle": STANDARD.encode(&hook.authority)})
}

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n")
}

#[tokio::test]
async fn a_webhook_behind_a_service_refuses_changes_and_warns() {
    with_every_kubectl("webhooks", async |k| {
        let name = format!("hook.{}.svc", k.space.name);
        let hook = reviewer(&[&name], |path, request| match (path, request["name"].as_str()) {
            (path, _) if path.starts_with("/change") => {
                let patch = json!([{"op": "add", "path": "/data", "value": {"changed": "yes"}}]);
                let patch = STANDARD.encode(patch.to_string());
                json!({"allowed": true, "patchType": "JSONPatch", "patch": patch})
            }
            (_, Some("bad")) => {
                let status = json!({"code": 403, "reason": "Forbidden", "message": "it is bad"});
                json!({"allowed": false, "status": status})
            }
            _ => json!({"allowed": true, "warnings": ["somebody looked at it"]}),
        })
        .await;
        k.apply(&format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: hook}}\nspec: {{ports: [{{port: 443}}]}}\n---\n\
             apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: FQDN\n\
             metadata: {{name: hook, labels: {{kubernetes.io/service-name: hook}}}}\n\
             ports: [{{name: '', port: {}}}]\nendpoints: [{{addresses: [localhost]}}]\n",
            hook.port
        ))
        .await;
        let client = |path: &str| {
            let service = json!({"namespace": k.space.name, "name": "hook", "path": path});
            json!({"service": service, "caBundle": STANDARD.encode(&hook.authority)})
        };
        k.apply(&configuration(k, "Validating", "check", client("/check"), json!({}))).await;
        k.apply(&configuration(k, "Mutating", "change", client("/change"), json!({}))).await;
        k.check_fed("create -f -", &config_map("bad"), expect![[r#"
            ! Error from server (Forbidden): error when creating "STDIN": admission webhook "check.example.com" denied the request: it is bad
            [exit 1]"#]]).await;
        k.check_fed("create -f - --dry-run=server", &config_map("good"), expect![[r#"
            configmap/good created (server dry run)
            ! Warning: somebody looked at it"#]]).await;
        k.check_fed("create -f -", &config_map("good"), expect![[r#"
            configmap/good created
            ! Warning: somebody looked at it"#]]).await;
        k.check("get configmap good -o jsonpath={.data.changed}", expect!["yes"]).await;
        assert!(hook.asked().iter().any(|(_, review)| review["request"]["dryRun"] == true));
        assert!(hook.connections() > 0);
    })
    .await;
}

#[tokio::test]
async fn a_webhook_that_is_silent_or_gone_counts_as_it_says() {
    with_every_kubectl("silence", async |k| {
        choose_provider();
        let silent = Hook::start(&["localhost"], |_, _| Said::Nothing).await;
        let closed = |seconds: u64, policy: &str| {
            let more = json!({"timeoutSeconds": seconds, "failurePolicy": policy});
            configuration(k, "Validating", "silent", by_url(&silent, "/quiet"), more)
        };
        k.apply(&closed(1, "Fail")).await;
        let ran = k.feed("create -f -", &config_map("late")).await;
        let shown = k.shown(&ran).replace(&silent.port.to_string(), "PORT");
        expect![[r#"
            ! Error from server (InternalError): error when creating "STDIN": Internal error occurred: failed calling webhook "silent.example.com": failed to call webhook: Post "https://localhost:PORT/quiet?timeout=1s": context deadline exceeded
            [exit 1]"#]].assert_eq(&shown);
        k.apply(&closed(1, "Ignore")).await;
        k.check_fed("create -f -", &config_map("late"), expect!["configmap/late created"]).await;
        let service = json!({"service": {"namespace": k.space.name, "name": "none"}});
        k.apply(&configuration(k, "Validating", "silent", service, json!({}))).await;
        k.check_fed("create -f -", &config_map("lost"), expect![[r#"
            ! Error from server (InternalError): error when creating "STDIN": Internal error occurred: failed calling webhook "silent.example.com": failed to call webhook: Post "https://none.HERE.svc:443?timeout=10s": service "none" not found
            [exit 1]"#]]).await;
        let broken = Hook::start(&["localhost"], |_, _| Said::Status(500, "out of order")).await;
        k.apply(&configuration(k, "Validating", "silent", by_url(&broken, ""), json!({}))).await;
        k.check_fed("create -f -", &config_map("broken"), expect![[r#"
            ! Error from server (InternalError): error when creating "STDIN": Internal error occurred: failed calling webhook "silent.example.com": failed to call webhook: an error on the server ("out of order") has prevented the request from succeeding
            [exit 1]"#]]).await;
        let free = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: free, labels: {free: 'yes'}}\n";
        k.check_fed("create -f -", free, expect!["configmap/free created"]).await;
    })
    .await;
}

#[tokio::test]
async fn policies_in_cel_refuse_and_change() {
    with_every_kubectl("policies", async |k| {
        let space = &k.space.name;
        let constraints = format!(
            "matchConstraints: {{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {space}}}}}, \
             resourceRules: [{{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], \
             resources: [deployments]}}]}}"
        );
        k.apply(&format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n\
             metadata: {{name: limit-{space}}}\nspec:\n  {constraints}\n  \
             paramKind: {{apiVersion: v1, kind: ConfigMap}}\n  validations:\n  \
             - expression: object.spec.replicas <= int(params.data.most)\n    \
               messageExpression: \"'at most ' + params.data.most + ' replicas'\"\n---\n\
             apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n\
             metadata: {{name: limit-{space}}}\nspec: {{policyName: limit-{space}, validationActions: [Deny], \
             paramRef: {{name: limit, parameterNotFoundAction: Deny}}}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: limit}}\ndata: {{most: '3'}}\n"
        ))
        .await;
        k.check("create deployment many --image=localhost/isopod/web --replicas=5", expect![[r#"
            ! error: failed to create deployment: deployments.apps "many" is forbidden: ValidatingAdmissionPolicy 'limit-HERE' with binding 'limit-HERE' denied request: at most 3 replicas
            [exit 1]"#]]).await;
        // What the controller changes later is not somebody else's for that.
        let constraints = constraints.replace("CREATE, UPDATE", "CREATE");
        k.apply(&format!(
            "apiVersion: admissionregistration.k8s.io/v1beta1\nkind: MutatingAdmissionPolicy\n\
             metadata: {{name: owner-{space}}}\nspec:\n  {constraints}\n  reinvocationPolicy: Never\n  \
             mutations:\n  - patchType: ApplyConfiguration\n    applyConfiguration:\n      expression: >\n        \
             Object{{metadata: Object.metadata{{annotations: Object.metadata.annotations{{owner: \
             request.userInfo.username}}}}, spec: Object.spec{{replicas: 1}}}}\n---\n\
             apiVersion: admissionregistration.k8s.io/v1beta1\nkind: MutatingAdmissionPolicyBinding\n\
             metadata: {{name: owner-{space}}}\nspec: {{policyName: owner-{space}}}\n"
        ))
        .await;
        k.check("create deployment many --image=localhost/isopod/web --replicas=5", expect![
            "deployment.apps/many created"
        ]).await;
        k.check("get deployment many -o 'jsonpath={.metadata.annotations.owner} {.spec.replicas}'", expect!["system:admin 1"]).await;
        k.check_fed(
            "create -f -",
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: wrong}\n\
             spec: {matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], \
             resources: [pods]}]}, validations: [{expression: objekt.x > 1}]}",
            expect![[r#"
                ! The ValidatingAdmissionPolicy "wrong" is invalid: spec.validations[0].expression: Invalid value: "objekt.x > 1": compilation failed: ERROR: <input>:1:1: undeclared reference to 'objekt' (in container '')
                !  | objekt.x > 1
                !  | ^
                [exit 1]"#]],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_status_of_a_policy_tells_its_slips() {
    with_every_kubectl("slips", async |k| {
        let name = format!("slips-{}", k.space.name);
        let policy = |expression: &str| {
            format!(
                "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n\
                 metadata: {{name: {name}}}\nspec:\n  matchConstraints: {{resourceRules: [{{apiGroups: [apps], \
                 apiVersions: [v1], operations: [CREATE], resources: [deployments]}}]}}\n  \
                 validations: [{{expression: \"{expression}\"}}]\n"
            )
        };
        k.check_fed("create -f -", &policy("request.name == 1"), expect![[r#"
            ! The ValidatingAdmissionPolicy "slips-HERE" is invalid: spec.validations[0].expression: Invalid value: "request.name == 1": compilation failed: ERROR: <input>:1:14: found no matching overload for '_==_' applied to '(string, int)'
            !  | request.name == 1
            !  | .............^
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &policy("object.spec.replicsa <= 3"), expect![
            "validatingadmissionpolicy.admissionregistration.k8s.io/slips-HERE created"
        ]).await;
        let get = format!("get validatingadmissionpolicy {name} -o");
        k.until(&format!("{get} yaml"), "observedGeneration: 1").await;
        let warned = ".status.typeChecking.expressionWarnings[*]";
        k.check(&format!("{get} jsonpath={{{warned}.fieldRef}}"), expect!["spec.validations[0].expression"]).await;
        k.check(&format!("{get} jsonpath={{{warned}.warning}}"), expect![[r"
            apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replicsa'
             | object.spec.replicsa <= 3
             | ...........^"]]).await;
        k.apply(&policy("object.spec.replicas <= 3")).await;
        k.until(&format!("{get} yaml"), "observedGeneration: 2").await;
        k.check(&format!("{get} jsonpath={{.status}}"), expect![[r#"{"observedGeneration":2,"typeChecking":{}}"#]]).await;
    })
    .await;
}
