//! By what a request is known, and what the log says of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use machinery::ApiError;
use tracing::{Span, debug, debug_span, error, warn};

use super::{AUDIT_ID, Api};
use crate::record::Record;
use crate::respond::Answer;

/// The longest id a client may give its request, as in Kubernetes.
const OWN_ID_BYTES_MAX: usize = 64;
/// After which the log speaks of a request.
const SLOW: Duration = Duration::from_secs(1);

impl Api {
    /// An id a user can quote; unique, not secret.
    pub(super) fn audit_id(&self) -> HeaderValue {
        let count = self.audit_count.fetch_add(1, Ordering::Relaxed);
        let bits =
            (u128::from(self.audit_prefix) << 64 | u128::from(count)) & !(0xf << 76) & !(0x3 << 62)
                | (0x4 << 76)
                | (0x2 << 62);
        // As text, a version 4 UUID (RFC 9562), written without a string of its own.
        let mut text = [b'-'; 36];
        let places = (0..36).filter(|place| ![8, 13, 18, 23].contains(place));
        for (digit, place) in places.enumerate() {
            let value = (bits >> (124 - 4 * digit)) & 0xf;
            text[place] = b"0123456789abcdef"[usize::try_from(value).unwrap_or_default()];
        }
        HeaderValue::from_bytes(&text).expect("hexadecimal digits and dashes are visible")
    }
}

/// The id the client has given its request, if it can be one.
pub(super) fn own_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let own = headers.get(AUDIT_ID)?;
    let usable = !own.is_empty() && own.len() <= OWN_ID_BYTES_MAX && own.to_str().is_ok();
    usable.then(|| own.clone())
}

/// Says which requests take long. Watches and streams may.
pub(super) fn note_slow(record: &Record<'_>, answer: &Answer) {
    let elapsed = record.elapsed();
    if elapsed < SLOW || record.is_long_running() {
        return;
    }
    let (parts, user) = (record.parts, record.acting.as_ref().map(|acting| &acting.user.name));
    let (path, code) = (parts.uri.path(), answer.status().as_u16());
    let (id, trace) = (record.id, trace(parts));
    warn!(?id, trace, method = %parts.method, path, user, code, ?elapsed, "slow request");
}

/// What the log says of everything that happens on behalf of a request.
pub(super) fn span(parts: &Parts, id: &HeaderValue) -> Span {
    debug_span!("request", ?id, method = %parts.method, path = parts.uri.path(), trace = trace(parts))
}

/// The trace that the client's own request belongs to (W3C Trace Context).
fn trace(parts: &Parts) -> Option<&str> {
    parts.headers.get("traceparent").and_then(|trace| trace.to_str().ok())
}

pub(super) fn log_failure(parts: &Parts, id: &HeaderValue, failure: &ApiError) {
    let path = parts.uri.path();
    if let Some(cause) = &failure.cause {
        error!(?id, trace = trace(parts), method = %parts.method, path, %cause, "request failed");
    } else {
        debug!(?id, method = %parts.method, path, %failure, "request refused");
    }
}
