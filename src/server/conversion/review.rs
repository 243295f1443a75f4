//! `ConversionReview`: what a webhook is asked, and what may be answered.

use machinery::{FieldErrors, document};
use serde_json::{Value, json};

const GROUP: &str = "apiextensions.k8s.io";
/// The versions spoken here.
const VERSIONS: [&str; 2] = ["v1", "v1beta1"];

/// The version to speak with a webhook that understands these.
pub(super) fn version(understood: &Value) -> Option<&'static str> {
    let understood = understood.as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut common = understood.filter_map(|one| VERSIONS.into_iter().find(|own| *own == one));
    common.next()
}

/// What errors call a document: `example.com/v1, Kind=X`.
pub(super) fn subject(document: &Value) -> String {
    format!("{}, Kind={}", document::api_version(document), document::kind(document))
}

/// The question for documents in another version.
pub(super) fn question(version: &str, uid: &str, documents: &[Value], wanted: &str) -> Value {
    json!({
        "kind": "ConversionReview",
        "apiVersion": format!("{GROUP}/{version}"),
        "request": { "uid": uid, "desiredAPIVersion": wanted, "objects": documents },
    })
}

/// The documents of an answer.
pub(super) fn objects(version: &str, uid: &str, answer: &[u8]) -> Result<Vec<Value>, String> {
    let mut answer: Value = serde_json::from_slice(answer)
        .map_err(|error| format!("the answer is no ConversionReview: {error}"))?;
    let expected = format!("{GROUP}/{version}, Kind=ConversionReview");
    let got = subject(&answer);
    if got != expected {
        return Err(format!("expected webhook response of {expected}, got {got}"));
    }
    let response = &mut answer["response"];
    if response.is_null() {
        return Err("no response provided".to_owned());
    }
    let own = response["uid"].as_str().unwrap_or_default();
    if version == "v1" && own != uid {
        return Err(format!("expected response.uid={uid:?}, got {own:?}"));
    }
    let result = &response["result"];
    let status = result["status"].as_str().unwrap_or_default();
    if status != "Success" {
        let message = result["message"].as_str().unwrap_or_default();
        if message.is_empty() {
            return Err(format!("response.result.status was '{status}', not 'Success'"));
        }
        return Err(message.to_owned());
    }
    match response["convertedObjects"].take() {
        Value::Array(objects) => Ok(objects),
        _ => Ok(Vec::new()),
    }
}

/// Checks what became of documents: of their metadata only labels and annotations are the webhook's.
pub(super) fn accept(
    before: &[Value],
    after: Vec<Value>,
    wanted: &str,
) -> Result<Vec<Value>, String> {
    if before.len() != after.len() {
        return Err(format!("returned {} objects, expected {}", after.len(), before.len()));
    }
    let is_one = before.len() == 1;
    let pairs = before.iter().zip(after).enumerate();
    let accepted = pairs.map(|(index, (original, mut converted))| {
        let place = if is_one { String::new() } else { format!(" at index {index}") };
        let what = if is_one { "object" } else { "converted object" };
        let invalid = |why: String| format!("returned invalid {what}{place}: {why}");
        same(original, &converted, wanted).map_err(invalid)?;
        let in_object = if is_one { String::new() } else { format!(" in object at index {index}") };
        restore(original, &mut converted)
            .map_err(|why| format!("returned invalid metadata{in_object}: {why}"))?;
        Ok(converted)
    });
    accepted.collect()
}

fn same(original: &Value, converted: &Value, wanted: &str) -> Result<(), String> {
    let got = document::api_version(converted);
    if got != wanted {
        return Err(format!("invalid groupVersion (expected {wanted}, received {got})"));
    }
    for (what, field) in [
        ("kind", "/kind"),
        ("name", "/metadata/name"),
        ("namespace", "/metadata/namespace"),
        ("UID", "/metadata/uid"),
    ] {
        let expected = document::str_at(original, field);
        let got = document::str_at(converted, field);
        if expected != got {
            return Err(format!("must have the same {what}: {expected} != {got}"));
        }
    }
    Ok(())
}

/// Puts the metadata back, but for labels and annotations.
fn restore(original: &Value, converted: &mut Value) -> Result<(), String> {
    let Some(said) = converted.get_mut("metadata").map(Value::take) else {
        return Err("missing metadata in converted object".to_owned());
    };
    if !said.is_object() {
        return Err("invalid metadata in converted object".to_owned());
    }
    let mut metadata = original["metadata"].clone();
    for field in ["labels", "annotations"] {
        let Some(map) = said.get(field).filter(|map| !map.is_null()) else {
            if let Some(metadata) = metadata.as_object_mut() {
                metadata.remove(field);
            }
            continue;
        };
        let Some(entries) = map.as_object() else {
            return Err(format!("invalid metadata.{field} in converted object"));
        };
        if let Some((name, _)) = entries.iter().find(|(_, value)| !value.is_string()) {
            return Err(format!("metadata.{field}[{name}] must be a string in converted object"));
        }
        metadata[field] = map.clone();
    }
    check_labels(&metadata)?;
    converted["metadata"] = metadata;
    Ok(())
}

fn check_labels(metadata: &Value) -> Result<(), String> {
    let errors = FieldErrors::new();
    kinds::metadata::labels(&metadata["labels"], &errors.at("metadata").at("labels"));
    let errors = errors.into_vec();
    if errors.is_empty() {
        return Ok(());
    }
    Err(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}
