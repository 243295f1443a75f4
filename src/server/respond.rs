//! Puts answers together.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH, RETRY_AFTER, WARNING,
};
use http::{Response, StatusCode};
use kinds::Column;
use machinery::ApiError;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::body::Body;
use crate::cache::Cached;
use crate::catalog::Served;
use crate::negotiate::{Form, JSON, Shape};
use crate::view::{metadata, table};

/// A response of the server.
pub(crate) type Answer = Response<Body>;

/// The header that carries the request's id.
pub(crate) const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");

/// Warnings sent with one response at most; a body with more problems than this is read by nobody.
const WARNINGS_MAX: usize = 32;
/// Characters of one warning at most, so that no client or proxy refuses the header.
const WARNING_CHARS_MAX: usize = 1_024;

/// A body with its type.
pub(crate) fn with_body(status: StatusCode, content_type: &'static str, body: Body) -> Answer {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(6);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}

/// Plain text.
pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    with_body(status, "text/plain; charset=utf-8", Body::from(text.into()))
}

/// A document.
pub(crate) fn document(
    status: StatusCode,
    form: Form,
    document: &Value,
) -> Result<Answer, ApiError> {
    let bytes = encode(form, document)?;
    Ok(with_body(status, form.content_type(), bytes.into()))
}

/// Digits of a hash: 128 bits, as many as two documents need to differ for certain.
const HASH_DIGITS: usize = 32;

/// What tells a document from every other.
pub(crate) fn hash(document: &[u8]) -> String {
    format!("{:X}", Sha256::digest(document))[..HASH_DIGITS].to_owned()
}

/// An answer whose client may keep it and ask again; it is not sent to one that has it, which `headers` say.
pub(crate) fn tagged(mut answer: Answer, hash: &str, headers: &HeaderMap) -> Answer {
    let tag = format!("\"{hash}\"");
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
    let mut known = known.flat_map(|known| known.split(',')).map(str::trim);
    if known.any(|known| known == "*" || known.trim_start_matches("W/") == tag) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        *answer.body_mut() = Body::empty();
        answer.headers_mut().remove(CONTENT_TYPE);
        answer.headers_mut().remove(CONTENT_ENCODING);
    }
    let tag = HeaderValue::try_from(tag).expect("digits and quotes are visible");
    answer.headers_mut().insert(ETAG, tag);
    answer
}

/// A failure, as a `Status`.
pub(crate) fn failure(error: &ApiError, form: Form) -> Answer {
    let status = StatusCode::from_u16(error.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let told = error.to_status();
    let mut response = document(status, form, &told)
        .unwrap_or_else(|_| with_body(status, JSON, Bytes::from(told.to_string()).into()));
    let retry = error.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    if retry > 0 {
        response.headers_mut().insert(RETRY_AFTER, retry.into());
    }
    response
}

/// The `Status` of a success, such as a deletion.
pub(crate) fn success(details: Value) -> Value {
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    })
}

/// One object in the form asked for.
pub(crate) fn object(
    status: StatusCode,
    form: Form,
    served: &Served,
    object: &Arc<Cached>,
    view: &table::TableView,
) -> Result<Answer, ApiError> {
    if form.is_plain()
        && let Some(bytes) = served.bytes(object)
    {
        return Ok(with_body(status, JSON, bytes.into()));
    }
    shaped(status, form, served, &served.document(object), view)
}

/// A document of a kind in the form asked for.
pub(crate) fn shaped(
    status: StatusCode,
    form: Form,
    served: &Served,
    object: &Value,
    view: &table::TableView,
) -> Result<Answer, ApiError> {
    match form.shape {
        Shape::Whole if form.is_plain() => {
            let bytes = Bytes::from(object.to_string());
            Ok(with_body(status, JSON, bytes.into()))
        }
        Shape::Whole => document(status, form, object),
        Shape::Metadata => document(status, form, &metadata::partial(object)),
        Shape::Table(version) => {
            in_table(status, form, version, served.kind().columns(), object, view)
        }
    }
}

/// The scale of an object in the form asked for.
pub(crate) fn scale(
    status: StatusCode,
    form: Form,
    scale: &Value,
    view: &table::TableView,
) -> Result<Answer, ApiError> {
    match form.shape {
        Shape::Table(version) => in_table(status, form, version, kinds::SCALE_COLUMNS, scale, view),
        _ => document(status, form.whole(), scale),
    }
}

fn in_table(
    status: StatusCode,
    form: Form,
    version: &str,
    columns: &[Column],
    object: &Value,
    view: &table::TableView,
) -> Result<Answer, ApiError> {
    let meta = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
    document(status, form, &table::table(version, columns, meta, vec![view.row(columns, object)]))
}

/// Adds what the client should be told.
pub(crate) fn warn(response: &mut Answer, warnings: &[String]) {
    for warning in warnings.iter().take(WARNINGS_MAX) {
        let text: String = warning
            .chars()
            .map(|character| if character.is_control() { ' ' } else { character })
            .take(WARNING_CHARS_MAX)
            .collect();
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_bytes(format!("299 - \"{quoted}\"").as_bytes()) {
            response.headers_mut().append(WARNING, value);
        }
    }
}

/// Encodes a document.
pub(crate) fn encode(form: Form, document: &Value) -> Result<Bytes, ApiError> {
    if form.yaml {
        let text = serde_saphyr::to_string(document).map_err(ApiError::internal)?;
        return Ok(text.into());
    }
    let encoded = if form.pretty {
        serde_json::to_vec_pretty(document)
    } else {
        serde_json::to_vec(document)
    };
    let mut bytes = encoded.map_err(ApiError::internal)?;
    bytes.push(b'\n');
    Ok(bytes.into())
}
