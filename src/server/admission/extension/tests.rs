//! Webhooks and policies as a client meets them: a server in memory, hooks behind real TLS.

mod mutating;
mod policies;
mod types;
mod validating;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::testing::{Fixture, Hook, Said};

const GROUP: &str = "/apis/admissionregistration.k8s.io";
pub(super) const MAPS: &str = "/api/v1/namespaces/default/configmaps";

pub(super) fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

/// A hook on loopback.
pub(super) async fn hook(answer: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Hook {
    Hook::start(&["localhost"], move |_, review| Said::Json(reviewed(review, answer(review)))).await
}

/// An answer to a question with these fields.
pub(super) fn reviewed(review: &Value, mut response: Value) -> Value {
    response["uid"] = review["request"]["uid"].clone();
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}

pub(super) fn patch(operations: Value) -> Value {
    let patch = STANDARD.encode(operations.to_string());
    json!({"allowed": true, "patchType": "JSONPatch", "patch": patch})
}

/// A webhook that asks a hook about config maps; `more` changes what is said.
pub(super) fn webhook(name: &str, hook: &Hook, more: Value) -> Value {
    let mut webhook = json!({
        "name": format!("{name}.example.com"),
        "clientConfig": {
            "url": format!("https://localhost:{}/{name}", hook.port),
            "caBundle": STANDARD.encode(&hook.authority),
        },
        "rules": [{
            "operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"],
            "resources": ["configmaps"],
        }],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 30,
    });
    for (field, value) in more.as_object().into_iter().flatten() {
        webhook[field] = value.clone();
    }
    webhook
}

/// `sort` is `Mutating` or `Validating`.
pub(super) async fn configure(server: &Fixture, sort: &str, name: &str, webhooks: &[Value]) {
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": format!("{sort}WebhookConfiguration"),
        "metadata": {"name": name}, "webhooks": webhooks,
    });
    let path = format!("{GROUP}/v1/{}webhookconfigurations", sort.to_ascii_lowercase());
    server.post(&path, &configuration).await.expect(201);
}
