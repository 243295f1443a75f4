//! One valid object of every kind.

use kinds::{KINDS, Kind};
use machinery::{FieldValidation, Media, document};
use serde_json::{Value, json};

const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/specimens.yaml");

/// A certificate request (ECDSA P-256, no names), as base64 of its PEM.
fn request() -> String {
    use base64::Engine as _;
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
    base64::engine::general_purpose::STANDARD.encode(request.pem().unwrap())
}

/// Every kind that can be created, with a valid object.
pub(in crate::api::tests) fn specimens() -> Vec<(&'static dyn Kind, Value)> {
    let documents = std::fs::read_to_string(DOCUMENTS).unwrap();
    documents.split("\n---\n").map(read).collect()
}

fn read(document: &str) -> (&'static dyn Kind, Value) {
    let parsed = machinery::parse(document.as_bytes(), Media::Yaml, FieldValidation::Strict);
    let mut object = parsed.unwrap().object;
    let kind = KINDS.iter().copied().find(|kind| {
        let names = kind.names();
        names.kind == document::kind(&object)
            && names.api_version() == document::api_version(&object)
    });
    let kind = kind.unwrap_or_else(|| panic!("no kind: {object}"));
    if object["spec"]["request"] == "REQUEST" {
        object["spec"]["request"] = json!(request());
    }
    (kind, object)
}
