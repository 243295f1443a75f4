//! What the server counts, under Kubernetes' names, and `/metrics`, where it is read.

mod clients;
mod objects;
mod process;
mod requests;
mod store;

use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Counter, Gauge, Held, Metrics};
use bytes::Bytes;
use http::{Method, StatusCode};

pub(crate) use store::Measured;

use crate::authorize::Verdict;
use crate::body::Body;
use crate::catalog::Catalog;
use crate::record::Record;
use crate::respond::{self, Answer};
use crate::version::Version;
use clients::Clients;
use requests::{Lasting, Requests};

/// What Prometheus takes for its text format.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/// The server's own metrics.
#[derive(Debug)]
pub(crate) struct ServerMetrics {
    all: Metrics,
    requests: Requests,
    clients: Clients,
    reading: Gauge,
    mutating: Gauge,
    authenticated: Counter,
    unauthenticated: Counter,
    /// Allowed, denied, neither, and not to be decided.
    authorizations: [Counter; 4],
}

impl ServerMetrics {
    pub(crate) fn new(
        all: &Metrics,
        catalog: &Arc<Catalog>,
        clock: &Clock,
        version: &Version,
    ) -> Self {
        objects::register(all, catalog);
        process::register(all, clock, version);
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
            "authorization_attempts_total",
            "Requests by whether their user may make them.",
            &["result"],
        );
        Self {
            all: all.clone(),
            requests: Requests::new(all),
            clients: Clients::new(all),
            reading: inflight.with(&["readOnly"]),
            mutating: inflight.with(&["mutating"]),
            authenticated: authentications.with(&["success"]),
            unauthenticated: authentications.with(&["failure"]),
            authorizations: ["allowed", "denied", "no-opinion", "error"]
                .map(|result| authorizations.with(&[result])),
        }
    }

    /// Counts a request as under way until the guard is dropped.
    pub(crate) fn begin(&self, record: &Record<'_>) -> Held {
        if record.is_read_only() { self.reading.hold() } else { self.mutating.hold() }
    }

    /// Counts whose requests could be attributed to somebody.
    pub(crate) fn authenticated(&self, user: Option<&str>) {
        let Some(user) = user else { return self.unauthenticated.inc() };
        self.authenticated.inc();
        self.clients.attributed(user);
    }

    /// Counts a request under a client certificate that is valid for so long.
    pub(crate) fn certified(&self, left: Duration) {
        self.clients.certificates.observe_duration(left);
    }

    /// Counts a connection that ended before TLS was agreed on.
    pub(crate) fn handshake_failed(&self) {
        self.clients.handshakes_failed.inc();
    }

    /// Counts an answer to a part of this process.
    pub(crate) fn called(&self, method: &Method, code: StatusCode) {
        self.clients.called(method, code);
    }

    /// Counts what authorization has said.
    pub(crate) fn authorized(&self, verdict: Verdict, failed: bool) {
        let place = match verdict {
            Verdict::Allow => 0,
            _ if failed => 3,
            Verdict::Deny => 1,
            Verdict::NoOpinion => 2,
        };
        self.authorizations[place].inc();
    }

    /// Counts an answer. A body that lasts is counted when it ends, and so is the stream that its connection becomes.
    pub(crate) fn finish(&self, record: &Record<'_>, catalog: &Catalog, answer: &mut Answer) {
        let series = self.requests.series(record, catalog, answer.status());
        if record.terminated {
            series.terminated();
        }
        if record.is_long_running() && answer.status() < StatusCode::MULTIPLE_CHOICES {
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
