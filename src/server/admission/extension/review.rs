//! `AdmissionReview`: the question a webhook is asked, and what may be answered.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use machinery::document;
use serde_json::{Value, json};

use super::request::{Request, kind_of, resource_of};
use crate::catalog::Served;

const GROUP: &str = "admission.k8s.io";
/// The versions spoken here, the preferred one first.
const VERSIONS: [&str; 2] = ["v1", "v1beta1"];

/// A webhook's answer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Verdict {
    pub(super) allowed: bool,
    /// Why not.
    pub(super) status: Value,
    /// A JSON patch.
    pub(super) patch: Option<Value>,
    pub(super) warnings: Vec<String>,
    /// What the audit log is to say, under names that are the webhook's own.
    pub(super) notes: Vec<(String, String)>,
}

/// The version to speak with a webhook that understands these.
pub(super) fn version(understood: &Value) -> Option<&'static str> {
    let understood = understood.as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut common = understood.filter_map(|one| VERSIONS.into_iter().find(|own| *own == one));
    common.next()
}

/// The question whether a request may happen, in a version of its kind.
pub(super) fn question(
    version: &str,
    uid: &str,
    request: &Request<'_>,
    served: &Served,
    object: &Value,
    old: &Value,
) -> Value {
    let asked = if object.is_object() { object } else { old };
    let mut inner = about(request, served, asked);
    inner["uid"] = uid.into();
    inner["object"] = object.clone();
    inner["oldObject"] = old.clone();
    json!({ "kind": "AdmissionReview", "apiVersion": format!("{GROUP}/{version}"), "request": inner })
}

/// A request but for its objects, which are like `asked`.
pub(super) fn about(request: &Request<'_>, served: &Served, asked: &Value) -> Value {
    // Documents of other kinds, such as a `Scale`, are not shown in another version.
    let original = if document::kind(asked) == request.served.kind_name() {
        let names = request.served.kind().names();
        json!({ "group": names.group, "version": names.version, "kind": names.kind })
    } else {
        kind_of(asked)
    };
    let mut inner = json!({
        "kind": kind_of(asked),
        "resource": resource_of(served),
        "requestKind": original,
        "requestResource": resource_of(request.served),
        "operation": request.operation.as_str(),
        "userInfo": request.user_info(),
        "dryRun": request.dry_run,
        "options": request.options,
    });
    if let Some(subresource) = request.subresource {
        inner["subResource"] = subresource.into();
        inner["requestSubResource"] = subresource.into();
    }
    if !request.asked_name().is_empty() {
        inner["name"] = request.asked_name().into();
    }
    let namespace = request.namespace_name();
    if !namespace.is_empty() {
        inner["namespace"] = namespace.into();
    }
    inner
}

/// Reads an answer to the question with this UID.
pub(super) fn verdict(
    version: &str,
    uid: &str,
    mutating: bool,
    answer: &[u8],
) -> Result<Verdict, String> {
    let answer: Value = serde_json::from_slice(answer)
        .map_err(|error| format!("the answer is no JSON: {error}"))?;
    let response = &answer["response"];
    if !response.is_object() {
        return Err("webhook response was absent".to_owned());
    }
    let text = |field: &str| response[field].as_str().unwrap_or_default();
    if version == "v1" {
        let (api_version, kind) = (document::api_version(&answer), document::kind(&answer));
        let expected = format!("{GROUP}/{version}");
        if api_version != expected || kind != "AdmissionReview" {
            return Err(format!(
                "expected webhook response of {expected}, Kind=AdmissionReview, got {}, Kind={kind}",
                if api_version.is_empty() { "/" } else { api_version }
            ));
        }
        if text("uid") != uid {
            return Err(format!("expected response.uid={uid:?}, got {:?}", text("uid")));
        }
    }
    Ok(Verdict {
        allowed: response["allowed"] == true,
        status: response["status"].clone(),
        patch: patch(version, mutating, text("patch"), text("patchType"))?,
        warnings: document::strs_at(response, "/warnings").map(str::to_owned).collect(),
        notes: notes(&response["auditAnnotations"]),
    })
}

fn notes(notes: &Value) -> Vec<(String, String)> {
    let notes = notes.as_object().into_iter().flatten();
    notes.filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned()))).collect()
}

fn patch(
    version: &str,
    mutating: bool,
    patch: &str,
    patch_type: &str,
) -> Result<Option<Value>, String> {
    if !mutating {
        let refused = |field| Err(format!("webhook may not return {field}: it only validates"));
        return match (patch, patch_type) {
            ("", "") => Ok(None),
            ("", _) => refused("response.patchType"),
            _ => refused("response.patch"),
        };
    }
    match (patch, patch_type) {
        ("", "") => return Ok(None),
        ("", _) => {
            return Err("webhook returned response.patchType but not response.patch".to_owned());
        }
        (_, "") if version == "v1" => {
            return Err("webhook returned response.patch but not response.patchType".to_owned());
        }
        (_, "" | "JSONPatch") => {}
        (_, other) => {
            return Err(format!("webhook returned invalid response.patchType of {other:?}"));
        }
    }
    let bytes =
        STANDARD.decode(patch).map_err(|error| format!("response.patch is no base64: {error}"))?;
    let patch: Value = serde_json::from_slice(&bytes)
        .map_err(|error| format!("response.patch is no JSON: {error}"))?;
    Ok(Some(patch).filter(|patch| patch.as_array().is_none_or(|list| !list.is_empty())))
}

/// The `Status` a webhook refuses with, in its own words.
pub(super) fn denial(webhook: &str, status: Value) -> Value {
    let mut status = if status.is_object() { status } else { json!({}) };
    let denied = format!("admission webhook {webhook:?} denied the request");
    let said = [&status["message"], &status["reason"]];
    let said = said.into_iter().filter_map(Value::as_str).find(|text| !text.is_empty());
    let message = match said {
        Some(said) => format!("{denied}: {said}"),
        None => format!("{denied} without explanation"),
    };
    document::set_type(&mut status, "v1", "Status");
    status["metadata"] = json!({});
    status["status"] = "Failure".into();
    status["message"] = message.into();
    // Whatever it calls it: a refusal is no success.
    if status["code"].as_u64().is_none_or(|code| !(400..=599).contains(&code)) {
        status["code"] = 400.into();
    }
    status
}

#[cfg(test)]
mod tests;
