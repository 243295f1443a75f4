//! The webhook of the certificates: fills them in, refuses bad ones, turns versions into each other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::cluster::choose_provider;
use crate::support::hook::{Hook, Said};

/// Starts the server, whose certificate is for this name.
pub(super) async fn start(name: &str) -> Hook {
    choose_provider();
    Hook::start(&[name], |path, review| Said::Json(answer(path, review))).await
}

fn answer(path: &str, review: &Value) -> Value {
    let request = &review["request"];
    let mut response = match path.split('?').next() {
        Some("/fill") => fill(request),
        Some("/check") => check(&request["object"]),
        _ => convert(request),
    };
    response["uid"] = request["uid"].clone();
    json!({
        "apiVersion": review["apiVersion"], "kind": review["kind"], "response": response,
    })
}

/// Whoever says nothing else means an issuer beside the certificate.
fn fill(request: &Value) -> Value {
    let is_silent = request["object"]["spec"]["issuerRef"].get("kind").is_none();
    let change = json!({ "op": "add", "path": "/spec/issuerRef/kind", "value": "Issuer" });
    let changes: Vec<Value> = is_silent.then_some(change).into_iter().collect();
    let patch = STANDARD.encode(Value::from(changes).to_string());
    json!({ "allowed": true, "patchType": "JSONPatch", "patch": patch })
}

fn check(certificate: &Value) -> Value {
    let names = certificate["spec"]["dnsNames"].as_array().into_iter().flatten();
    let mut names = names.filter_map(Value::as_str);
    match names.find(|name| !name.contains('.')) {
        None => json!({ "allowed": true }),
        Some(name) => {
            let message = format!("spec.dnsNames: Invalid value: {name:?}: a name needs a domain");
            let status = json!({ "code": 422, "reason": "Invalid", "message": message });
            json!({ "allowed": false, "status": status })
        }
    }
}

fn convert(request: &Value) -> Value {
    let wanted = request["desiredAPIVersion"].as_str().unwrap_or_default();
    let objects = request["objects"].as_array().into_iter().flatten();
    let made: Vec<Value> = objects.map(|object| converted(object, wanted)).collect();
    json!({ "result": { "status": "Success" }, "convertedObjects": made })
}

fn converted(object: &Value, wanted: &str) -> Value {
    let mut made = object.clone();
    made["apiVersion"] = wanted.into();
    let spec = &object["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    made["spec"] = if wanted.ends_with("v1beta1") {
        let hosts = spec["dnsNames"].as_array().into_iter().flatten().map(text);
        let issuer = &spec["issuerRef"];
        let kind = issuer["kind"].as_str().unwrap_or("Issuer").to_lowercase();
        json!({
            "secretName": spec["secretName"],
            "hosts": hosts.collect::<Vec<_>>().join(","),
            "issuer": format!("{kind}/{}", text(&issuer["name"])),
        })
    } else {
        let issuer = text(&spec["issuer"]);
        let (kind, name) = issuer.split_once('/').unwrap_or(("issuer", &issuer));
        let kind = if kind == "clusterissuer" { "ClusterIssuer" } else { "Issuer" };
        json!({
            "secretName": spec["secretName"],
            "dnsNames": text(&spec["hosts"]).split(',').collect::<Vec<_>>(),
            "issuerRef": { "kind": kind, "name": name },
        })
    };
    made
}
