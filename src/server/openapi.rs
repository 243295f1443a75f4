//! OpenAPI v3: an index, and a document for each group and version, made when first asked for.
//!
//! Names, types and merge keys are those the server itself decodes by; descriptions come from
//! k8s-openapi. A document's URL carries a hash of its content, so clients may keep it for ever.

mod described;
mod document;
mod paths;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kinds::Kind;
use machinery::ApiError;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::body::Body;
use crate::catalog::Catalog;
use crate::negotiate::{Form, JSON};
use crate::query::Query;
use crate::respond::{self, Answer};

/// Where definitions live in a document.
const REFERENCE_PREFIX: &str = "#/components/schemas/";
/// What follows the index in paths.
const ROOT: &str = "/openapi/v3";
/// Version 2 describes nothing, in the protobuf form kubectl asks for: a kind that is not in version 3 either
/// then reads as an unknown kind, and not as a server without documents.
const EMPTY_V2: &[u8] = b"\x0a\x032.0\x12\x0e\x0a\x06Isopod\x12\x041.35";
/// Digits of a document's hash: 128 bits, as many as two documents need to differ for certain.
const HASH_DIGITS: usize = 32;
const V2_MEDIA: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/// Answers `/openapi/v3` with what is below it, and `/openapi/v2`; `None` for other paths.
pub(crate) fn respond(
    catalog: &Catalog,
    path: &str,
    query: &Query<'_>,
    _headers: &HeaderMap,
) -> Option<Result<Answer, ApiError>> {
    if path == "/openapi/v2" {
        let body = Body::from(Bytes::from_static(EMPTY_V2));
        return Some(Ok(respond::with_body(StatusCode::OK, V2_MEDIA, body)));
    }
    let below = path.strip_prefix(ROOT)?.trim_end_matches('/');
    let documents = catalog.openapi();
    if below.is_empty() {
        return Some(respond::document(StatusCode::OK, Form::default(), &documents.index()));
    }
    let document = documents.find(below.strip_prefix('/')?)?;
    Some(Ok(immutable(document, query.text("hash"))))
}

/// What is asked for by its right hash never changes and need not be asked for again.
fn immutable(document: &Document, hash: Option<&str>) -> Answer {
    let body = Body::from(document.json.clone());
    let mut answer = respond::with_body(StatusCode::OK, JSON, body);
    if hash == Some(document.hash.as_str()) {
        let forever = HeaderValue::from_static("public, immutable, max-age=31536000");
        answer.headers_mut().insert(header::CACHE_CONTROL, forever);
    }
    answer
}

/// The documents of one catalog.
#[derive(Debug, Default)]
pub(crate) struct Documents(OnceLock<BTreeMap<String, Document>>);

/// One group and version.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    json: Bytes,
    hash: String,
}

/// The documents with the kinds to make them from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenApi<'a> {
    documents: &'a Documents,
    kinds: &'a [&'static dyn Kind],
}

impl Documents {
    /// The documents of these kinds, made at the first look.
    pub(crate) fn of<'a>(&'a self, kinds: &'a [&'static dyn Kind]) -> OpenApi<'a> {
        OpenApi { documents: self, kinds }
    }
}

impl<'a> OpenApi<'a> {
    /// `/openapi/v3`.
    fn index(self) -> Value {
        let entry = |(path, document): (&String, &Document)| {
            let url = format!("{ROOT}/{path}?hash={}", document.hash);
            (path.clone(), json!({ "serverRelativeURL": url }))
        };
        let paths: Map<String, Value> = self.all().iter().map(entry).collect();
        json!({ "paths": paths })
    }

    /// `/openapi/v3/<path>`, such as `apis/apps/v1`.
    fn find(self, path: &str) -> Option<&'a Document> {
        self.all().get(path)
    }

    fn all(self) -> &'a BTreeMap<String, Document> {
        self.documents.0.get_or_init(|| make(self.kinds))
    }
}

fn make(kinds: &[&'static dyn Kind]) -> BTreeMap<String, Document> {
    let mut groups: BTreeMap<String, Vec<&'static dyn Kind>> = BTreeMap::new();
    for kind in kinds {
        groups.entry(group_path(*kind)).or_default().push(*kind);
    }
    let documents = groups.into_iter().map(|(path, kinds)| {
        let document = document::of(&path, &kinds);
        let json = serde_json::to_vec(&document).expect("a document serializes");
        let hash = format!("{:X}", Sha256::digest(&json))[..HASH_DIGITS].to_owned();
        (path, Document { json: json.into(), hash })
    });
    documents.collect()
}

/// `api/v1` or `apis/apps/v1`.
fn group_path(kind: &dyn Kind) -> String {
    let names = kind.names();
    let root = if names.group.is_empty() { "api" } else { "apis" };
    format!("{root}/{}", names.api_version())
}

#[cfg(test)]
mod tests;
