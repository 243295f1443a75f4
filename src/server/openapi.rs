//! OpenAPI v3: an index, and a document for each group, for each of its versions and for what is no group's, made when
//! first asked for; and v2, one document made from all of those.
//!
//! Names, types and merge keys are those the server itself decodes by; descriptions come from
//! k8s-openapi. A document's URL carries a hash of its content, so clients may keep it for ever. Documents are
//! kept compressed, which is how most clients take them.

mod compressed;
mod custom;
mod described;
mod document;
mod gnostic;
mod operation;
mod parameters;
mod paths;
mod roots;
mod v2;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use kinds::Kind;
use machinery::ApiError;
use serde_json::{Map, Value, json};

use crate::aggregation::Merge;
use crate::catalog::{Catalog, Served, Snapshot};
use crate::negotiate::{Form, JSON};
use crate::query::Query;
use crate::respond::{self, Answer};

use compressed::Compressed;

/// Where definitions live in a document.
const REFERENCE_PREFIX: &str = "#/components/schemas/";
/// What follows the index in paths.
const ROOT: &str = "/openapi/v3";
const V2: &str = "/openapi/v2";
/// What clients in Go of old ask for, with an `@` before its version or a dot.
const V2_PROTOBUF_ASKED: &str = "application/com.github.proto-openapi.spec.v2";
/// What they get: with the `@` they could not read the name of the type.
const V2_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// Answers `/openapi/v3` with what is below it, and `/openapi/v2`; `None` for other paths.
pub(crate) fn respond(
    catalog: &Catalog,
    others: &Merge,
    path: &str,
    query: &Query<'_>,
    headers: &HeaderMap,
) -> Option<Result<Answer, ApiError>> {
    if path == V2 {
        return Some(Ok(whole(&catalog.load(), headers)));
    }
    let below = path.strip_prefix(ROOT)?.trim_end_matches('/');
    let kinds = catalog.load();
    if below.is_empty() {
        let mut index = index(&kinds);
        others.openapi(&mut index);
        return Some(respond::document(StatusCode::OK, Form::default(), &index));
    }
    let document = find(&kinds, below.strip_prefix('/')?)?;
    Some(immutable(document, path, query.text("hash"), headers))
}

/// What is asked for by its right hash never changes and need not be asked for again.
/// Whoever has an old hash is sent on to the present one.
fn immutable(
    document: &Document,
    path: &str,
    hash: Option<&str>,
    headers: &HeaderMap,
) -> Result<Answer, ApiError> {
    let hash = hash.filter(|hash| !hash.is_empty());
    let present = document.json.hash();
    if hash.is_some_and(|hash| hash != present) {
        let mut answer = respond::text(StatusCode::MOVED_PERMANENTLY, "");
        let location = HeaderValue::try_from(format!("{path}?hash={present}"));
        answer.headers_mut().insert(header::LOCATION, location.map_err(ApiError::internal)?);
        return Ok(answer);
    }
    let mut answer = document.json.answer(JSON, headers);
    if hash.is_some() {
        let forever = HeaderValue::from_static("public, immutable, max-age=31536000");
        answer.headers_mut().insert(header::CACHE_CONTROL, forever);
    }
    Ok(answer)
}

/// The documents that describe the kinds of one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    /// Groups and versions without a kind made at run time; they never change.
    fixed: Arc<OnceLock<BTreeMap<String, Document>>>,
    /// The others.
    changing: OnceLock<BTreeMap<String, Document>>,
    json_v2: OnceLock<Compressed>,
    protobuf_v2: OnceLock<Compressed>,
}

/// One group and version, or the root of some.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    json: Compressed,
}

impl Document {
    fn of(document: &Value) -> Self {
        let json = serde_json::to_vec(document).expect("a document serializes");
        Self { json: Compressed::of(&json) }
    }
}

impl Documents {
    /// For another snapshot over the same built-in kinds.
    pub(crate) fn renewed(&self) -> Self {
        Self { fixed: Arc::clone(&self.fixed), ..Self::default() }
    }
}

/// `/openapi/v3`.
fn index(kinds: &Snapshot) -> Value {
    let entry = |(path, document): (&String, &Document)| {
        let url = format!("{ROOT}/{path}?hash={}", document.json.hash());
        (path.clone(), json!({ "serverRelativeURL": url }))
    };
    let paths: Map<String, Value> = each(kinds).map(entry).collect();
    json!({ "paths": paths })
}

/// `/openapi/v3/<path>`, such as `apis/apps/v1`.
fn find<'a>(kinds: &'a Snapshot, path: &str) -> Option<&'a Document> {
    let (fixed, changing) = all(kinds);
    changing.get(path).or_else(|| fixed.get(path))
}

/// `/openapi/v2`.
fn whole(kinds: &Snapshot, headers: &HeaderMap) -> Answer {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let documents = kinds.openapi();
    if accept.is_some_and(|accept| accept.starts_with(V2_PROTOBUF_ASKED)) {
        let document = documents.protobuf_v2.get_or_init(|| join(kinds, v2::protobuf));
        return document.answer(V2_PROTOBUF, headers);
    }
    documents.json_v2.get_or_init(|| join(kinds, v2::json)).answer(JSON, headers)
}

fn join(kinds: &Snapshot, join: fn(&mut dyn Iterator<Item = Vec<u8>>) -> Vec<u8>) -> Compressed {
    Compressed::of(&join(&mut each(kinds).map(|(_, document)| document.json.unpack())))
}

/// Every document with its path.
fn each(kinds: &Snapshot) -> impl Iterator<Item = (&String, &Document)> {
    let (fixed, changing) = all(kinds);
    fixed.iter().filter(|(path, _)| !changing.contains_key(*path)).chain(changing)
}

type ByPath = BTreeMap<String, Document>;

fn all(kinds: &Snapshot) -> (&ByPath, &ByPath) {
    let documents = kinds.openapi();
    let fixed = documents.fixed.get_or_init(|| {
        let mut all = make(kinds, Served::is_built_in);
        let built_in = kinds.iter().filter(|served| served.is_built_in());
        let groups: BTreeSet<&str> =
            built_in.map(|served| served.kind().names().group.as_ref()).collect();
        let named = groups.into_iter().filter(|group| !group.is_empty());
        let of_groups = named.map(roots::of_group);
        let roots = roots::of_server().into_iter().chain(of_groups);
        all.extend(roots.map(|(path, document)| (path, Document::of(&document))));
        all
    });
    let changing = documents.changing.get_or_init(|| {
        let made = kinds.iter().filter(|served| !served.is_built_in());
        let paths: BTreeSet<String> = made.map(|served| group_path(served.kind())).collect();
        make(kinds, |served| paths.contains(&group_path(served.kind())))
    });
    (fixed, changing)
}

/// The documents of the kinds wanted.
fn make(kinds: &Snapshot, wanted: impl Fn(&Served) -> bool) -> ByPath {
    let mut groups: BTreeMap<String, Vec<&Served>> = BTreeMap::new();
    for served in kinds.iter().filter(|served| wanted(served)) {
        groups.entry(group_path(served.kind())).or_default().push(served);
    }
    let documents = groups.into_iter().map(|(path, kinds)| {
        let document = document::of(&path, &kinds);
        (path, Document::of(&document))
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
