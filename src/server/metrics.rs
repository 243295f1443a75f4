//! What the server counts, under Kubernetes' names, and `/metrics`, where it is read.

mod objects;
mod process;
mod requests;
mod store;

use std::sync::Arc;

use base::{Clock, Counter, Gauge, Held, Metrics};
use bytes::Bytes;
use http::StatusCode;

pub(crate) use store::Measured;

use crate::body::Body;
use crate::catalog::Catalog;
use crate::record::Record;
use crate::respond::{self, Answer};
use requests::{Lasting, Requests};

/// What Prometheus takes for its text format.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/// The server's own metrics.
#[derive(Debug)]
pub(crate) struct ServerMetrics {
    all: Metrics,
    requests: Requests,
    reading: Gauge,
    mutating: Gauge,
    authenticated: Counter,
    unauthenticated: Counter,
    allowed: Counter,
    denied: Counter,
}

impl ServerMetrics {
    pub(crate) fn new(all: &Metrics, catalog: &Arc<Catalog>, clock: &Clock) -> Self {
        objects::register(all, catalog);
        process::register(all, clock);
        let inflight = all.gauges(
            "apiserver_current_inflight_requests",
            "Requests that are being answered now, watches and streams not counted.",
            &["request_kind"],
        );
        let authentications = all.counters(
            "authentication_attempts",
            "Requests by whether they could be attributed to somebody.",
            &["result"],
        );
        let authorizations = all.counters(
            "apiserver_authorization_decisions_total",
            "Requests by whether their user may make them.",
            &["type", "name", "decision"],
        );
        Self {
            all: all.clone(),
            requests: Requests::new(all),
            reading: inflight.with(&["readOnly"]),
            mutating: inflight.with(&["mutating"]),
            authenticated: authentications.with(&["success"]),
            unauthenticated: authentications.with(&["failure"]),
            allowed: authorizations.with(&["RBAC", "rbac", "allowed"]),
            denied: authorizations.with(&["RBAC", "rbac", "denied"]),
        }
    }

    /// Counts a request as under way until the guard is dropped.
    pub(crate) fn begin(&self, record: &Record<'_>) -> Held {
        if record.is_read_only() { self.reading.hold() } else { self.mutating.hold() }
    }

    /// Counts who could be told who they are.
    pub(crate) fn authenticated(&self, known: bool) {
        if known { self.authenticated.inc() } else { self.unauthenticated.inc() }
    }

    /// Counts what was allowed.
    pub(crate) fn authorized(&self, allowed: bool) {
        if allowed { self.allowed.inc() } else { self.denied.inc() }
    }

    /// Counts an answer. A body that lasts is counted when it ends.
    pub(crate) fn finish(&self, record: &Record<'_>, catalog: &Catalog, answer: &mut Answer) {
        let series = self.requests.series(record, catalog, answer.status());
        if record.is_long_running() && answer.status().is_success() {
            let lasting = Lasting::new(series, record.started);
            answer.body_mut().hold(Box::new(lasting));
            return;
        }
        let bytes = http_body::Body::size_hint(answer.body()).exact();
        series.observe(record.elapsed(), bytes.filter(|_| record.is_read_only()));
    }

    /// Everything that is counted in this process.
    pub(crate) fn respond(&self) -> Answer {
        answer(&self.all)
    }
}

/// Metrics as Prometheus reads them.
pub(crate) fn answer(metrics: &Metrics) -> Answer {
    let text = Bytes::from(metrics.encode());
    respond::with_body(StatusCode::OK, CONTENT_TYPE, Body::from(text))
}

#[cfg(test)]
mod tests;
