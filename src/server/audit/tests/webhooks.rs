//! What webhooks and policies have to say, and a webhook that is told everything.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Audited, MAPS};
use crate::audit::{AuditMode, AuditWebhook};
use crate::testing::{Fixture, Hook, Said};

const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";
const RULES: &str = "omitStages: [RequestReceived]\nrules:\n\
    - level: Request\n  verbs: [create]\n  resources: [{resources: [configmaps, pods]}]\n";

async fn make(server: &Fixture, plural: &str, kind: &str, name: &str, mut object: Value) {
    object["apiVersion"] = "admissionregistration.k8s.io/v1".into();
    object["kind"] = kind.into();
    object["metadata"] = json!({"name": name});
    server.post(&format!("{GROUP}/{plural}"), &object).await.expect(201);
}

fn rules() -> Value {
    json!([{
        "operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"],
        "resources": ["configmaps"],
    }])
}

fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

/// Some line of the metrics has all of these in it.
async fn assert_counted(server: &Fixture, parts: &[&str]) {
    let metrics = String::from_utf8(server.get("/metrics").await.body.to_vec()).unwrap();
    let found = metrics.lines().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(found, "{parts:?} in {metrics}");
}

#[tokio::test]
async fn webhooks_have_their_say() {
    let audited = Audited::new(RULES).await;
    let server = &audited.server;
    let hook = Hook::start(&["localhost"], |_, review| {
        let patch = STANDARD.encode(r#"[{"op": "add", "path": "/data", "value": {"k": "v"}}]"#);
        let response = json!({
            "uid": review["request"]["uid"], "allowed": true,
            "patchType": "JSONPatch", "patch": patch,
            "auditAnnotations": {"why": "because", "not a key": "x"},
        });
        let (version, kind) = ("admission.k8s.io/v1", "AdmissionReview");
        Said::Json(json!({"apiVersion": version, "kind": kind, "response": response}))
    })
    .await;
    let webhook = |name: &str, port: u16| {
        json!({
            "name": name, "rules": rules(), "sideEffects": "None", "failurePolicy": "Ignore",
            "admissionReviewVersions": ["v1"], "timeoutSeconds": 30,
            "clientConfig": {
                "url": format!("https://localhost:{port}/"),
                "caBundle": STANDARD.encode(&hook.authority),
            },
        })
    };
    let webhooks =
        json!({"webhooks": [webhook("a.example.com", hook.port), webhook("b.example.com", 1)]});
    let (plural, kind) = ("mutatingwebhookconfigurations", "MutatingWebhookConfiguration");
    make(server, plural, kind, "m", webhooks).await;
    server.post(MAPS, &config_map("a")).await.expect(201);
    let events = audited.events("configmaps", 1).await;
    let said = &events[0]["annotations"];
    assert_eq!(said["a.example.com/why"], "because");
    assert!(said["a.example.com/not a key"].is_null());
    assert_eq!(
        said["mutation.webhook.admission.k8s.io/round_0_index_0"],
        r#"{"configuration":"m","mutated":true,"webhook":"a.example.com"}"#
    );
    let patch = said["patch.webhook.admission.k8s.io/round_0_index_0"].as_str().unwrap();
    let patch: Value = serde_json::from_str(patch).unwrap();
    assert_eq!(patch["patch"][0]["path"], "/data");
    assert_eq!(
        said["failed-open.mutation.webhook.admission.k8s.io/round_0_index_1"],
        "b.example.com"
    );
    let asked = r#"request_total{name="a.example.com",type="admit",operation="CREATE",code="200",rejected="false"} 1"#;
    let ignored = r#"fail_open_count{name="b.example.com",type="admit"} 1"#;
    assert_counted(server, &["webhook", asked]).await;
    assert_counted(server, &["webhook", ignored]).await;
}

#[tokio::test]
async fn policies_have_their_say() {
    let audited = Audited::new(RULES).await;
    let server = &audited.server;
    let spec = json!({"spec": {
        "matchConstraints": {"resourceRules": rules()},
        "validations": [
            {"expression": "true"},
            {"expression": "object.metadata.name != 'bad'", "message": "a bad name"},
        ],
        "auditAnnotations": [
            {"key": "name", "valueExpression": "'it is ' + object.metadata.name"},
            {"key": "nothing", "valueExpression": "null"},
        ],
    }});
    let (plural, kind) = ("validatingadmissionpolicies", "ValidatingAdmissionPolicy");
    make(server, plural, kind, "p.example.com", spec).await;
    let spec = json!({"spec": {"policyName": "p.example.com", "validationActions": ["Audit"]}});
    let (plural, kind) = ("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding");
    make(server, plural, kind, "b", spec).await;
    server.post(MAPS, &config_map("good")).await.expect(201);
    server.post(MAPS, &config_map("bad")).await.expect(201);
    let events = audited.events("configmaps", 2).await;
    let failures = |event: &Value| {
        event["annotations"]["validation.policy.admission.k8s.io/validation_failure"].clone()
    };
    assert_eq!(events[0]["annotations"]["p.example.com/name"], "it is good");
    for action in ["allow", "audit"] {
        let labels = r#"policy="p.example.com",policy_binding="b",error_type="no_error""#;
        let series = format!(r#"{{{labels},enforcement_action="{action}"}} 1"#);
        assert_counted(server, &["policy_check_total", &series]).await;
    }
    assert!(events[0]["annotations"]["p.example.com/nothing"].is_null());
    assert!(failures(&events[0]).is_null());
    let failures: Value = serde_json::from_str(failures(&events[1]).as_str().unwrap()).unwrap();
    assert_eq!(
        failures,
        json!([{
            "message": "a bad name", "policy": "p.example.com", "binding": "b",
            "expressionIndex": 1, "validationActions": ["Audit"],
        }])
    );
}

#[tokio::test]
async fn pods_that_break_the_audited_level_are_marked() {
    let audited = Audited::new(RULES).await;
    let server = &audited.server;
    let labels =
        json!({"metadata": {"labels": {"pod-security.kubernetes.io/audit": "restricted"}}});
    server.patch("/api/v1/namespaces/default", "merge", &labels).await.expect(200);
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    });
    server.post("/api/v1/namespaces/default/pods", &pod).await.expect(201);
    let events = audited.events("pods", 1).await;
    let said = |key: &str| {
        let key = format!("pod-security.kubernetes.io/{key}");
        events[0]["annotations"][key].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(said("enforce-policy"), "privileged:latest");
    let violations = said("audit-violations");
    assert!(
        violations.starts_with("would violate PodSecurity \"restricted:latest\": "),
        "{violations}"
    );
}

/// A server that tells a hook of what it audits.
async fn told(hook: &Hook, rules: &str, mode: AuditMode) -> Audited {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    let config = json!({
        "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"}}],
        "clusters": [{"name": "c", "cluster": {
            "server": format!("https://localhost:{}/audit?of=test", hook.port),
            "certificate-authority-data": STANDARD.encode(&hook.authority),
        }}],
    });
    std::fs::write(&kubeconfig, config.to_string()).unwrap();
    let wait = Duration::from_mins(10);
    let webhook = AuditWebhook { kubeconfig, mode, buffer: 100, batch: 3, wait };
    Audited::with_webhook(rules, Some(webhook)).await
}

#[tokio::test]
async fn a_webhook_is_told_of_events_many_at_a_time() {
    let hook = Hook::start(&["localhost"], |_, _| Said::Status(200, "")).await;
    let audited = told(&hook, RULES, AuditMode::Batch).await;
    for name in ["a", "b", "c"] {
        audited.server.post(MAPS, &config_map(name)).await.expect(201);
    }
    let (path, list) = loop {
        if let Some(asked) = hook.asked().first() {
            break asked.clone();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(path, "/audit?of=test");
    assert_eq!(
        (&list["kind"], &list["apiVersion"]),
        (&"EventList".into(), &"audit.k8s.io/v1".into())
    );
    let names: Vec<&Value> =
        list["items"].as_array().unwrap().iter().map(|event| &event["objectRef"]["name"]).collect();
    assert_eq!(names, ["a", "b", "c"]);
    // The log has them, too.
    assert_eq!(audited.events("configmaps", 3).await.len(), 3);
}

#[tokio::test]
async fn what_waits_for_a_webhook_leaves_when_the_server_stops() {
    let hook = Hook::start(&["localhost"], |_, _| Said::Status(200, "")).await;
    let audited = told(&hook, RULES, AuditMode::Batch).await;
    for name in ["a", "b"] {
        audited.server.post(MAPS, &config_map(name)).await.expect(201);
    }
    assert!(hook.asked().is_empty(), "a third would be needed, or ten minutes");
    assert!(audited.server.tasks.shutdown(Duration::from_mins(1)).await);
    let asked = hook.asked();
    let events = asked.iter().flat_map(|(_, list)| list["items"].as_array().unwrap());
    let names: Vec<&Value> = events.map(|event| &event["objectRef"]["name"]).collect();
    assert_eq!(names, ["a", "b"]);
}

/// The stages of the events of configmaps that a hook has been told of.
fn stages(hook: &Hook) -> Vec<String> {
    let asked = hook.asked();
    let events = asked.iter().flat_map(|(_, list)| list["items"].as_array().unwrap());
    let own = events.filter(|event| event["objectRef"]["resource"] == "configmaps");
    own.map(|event| event["stage"].as_str().unwrap().to_owned()).collect()
}

const ALL_STAGES: &str = "rules:\n- level: Metadata\n  resources: [{resources: [configmaps]}]\n";

#[tokio::test]
async fn who_waits_for_a_webhook_is_answered_when_it_knows() {
    let hook = Hook::start(&["localhost"], |_, _| Said::Status(200, "")).await;
    let audited = told(&hook, ALL_STAGES, AuditMode::Blocking).await;
    audited.server.post(MAPS, &config_map("a")).await.expect(201);
    assert_eq!(stages(&hook), ["RequestReceived", "ResponseComplete"]);
    assert_eq!(audited.events("configmaps", 2).await.len(), 2, "the log has them, too");
}

#[tokio::test]
async fn what_a_strict_webhook_refuses_to_know_is_not_done() {
    // Not worth another attempt.
    let hook = Hook::start(&["localhost"], |_, _| Said::Status(400, "")).await;
    let strict = told(&hook, ALL_STAGES, AuditMode::BlockingStrict).await;
    let refused = strict.server.post(MAPS, &config_map("a")).await;
    let message = refused.failure(500, "InternalError");
    assert_eq!(message, "Internal error occurred: failed to store audit event");
    assert_eq!(stages(&hook), ["RequestReceived"]);
    let mild = told(&hook, ALL_STAGES, AuditMode::Blocking).await;
    mild.server.post(MAPS, &config_map("a")).await.expect(201);
    assert_counted(&mild.server, &["apiserver_audit_error_total", "webhook", " 2"]).await;
}
