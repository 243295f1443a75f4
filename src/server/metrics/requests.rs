//! Requests by what they ask for and how they end.
//!
//! All that is counted of a kind of request hangs on one [`Series`], found by one hash of what the request
//! says. Names that the catalog does not know are no labels: a client could make up as many as it likes.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use base::{Counter, Family, Gauge, Held, Histogram, Metrics};
use http::{Method, StatusCode};
use tokio::time::Instant;

use crate::catalog::Catalog;
use crate::negotiate;
use crate::record::Record;
use crate::request::{Target, Verb};
use crate::streaming;

/// Kubernetes' own bounds, and finer ones below: most answers here take less than its first.
const DURATION_BOUNDS: &[f64] = &[
    0.0001, 0.0005, 0.001, 0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0,
    4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0,
];
/// From a kilobyte to a gigabyte.
const SIZE_BOUNDS: &[f64] = &[1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/// What the series of a request are kept under; beyond it they are looked up one by one.
const KNOWN_MAX: usize = 20_000;

const LABELS: &[&str] = &[
    "verb",
    "group",
    "version",
    "resource",
    "subresource",
    "scope",
    "code",
    "dry_run",
    "component",
];
/// The first labels, which say what is asked for.
const WHAT: usize = 6;
const WHAT_LABELS: &[&str] =
    &["verb", "group", "version", "resource", "subresource", "scope", "component"];
const TERMINATION_LABELS: &[&str] =
    &["verb", "group", "version", "resource", "subresource", "scope", "component", "code"];
const COMPONENT: &str = "apiserver";

/// Paths that are no resource's and yet are told apart.
const PATHS: &[&str] =
    &["/livez", "/readyz", "/healthz", "/metrics", "/version", "/openapi/v2", "/openapi/v3"];

#[derive(Debug)]
pub(super) struct Requests {
    total: Family<Counter>,
    duration: Family<Histogram>,
    sli: Family<Histogram>,
    size: Family<Histogram>,
    long_running: Family<Gauge>,
    terminations: Family<Counter>,
    known: RwLock<HashMap<u64, Arc<Series>>>,
}

/// Everything that is counted of one kind of request.
#[derive(Debug)]
pub(super) struct Series {
    total: Counter,
    duration: Histogram,
    /// Absent for what lasts as long as its client wants, whose time says nothing of the server.
    sli: Option<Histogram>,
    size: Histogram,
    under_way: Gauge,
    /// Of requests that were ended early.
    terminated: Counter,
}

impl Series {
    /// Counts a request that was ended early to protect the server.
    pub(super) fn terminated(&self) {
        self.terminated.inc();
    }

    pub(super) fn observe(&self, elapsed: Duration, bytes: Option<u64>) {
        self.total.inc();
        self.duration.observe_duration(elapsed);
        if let Some(sli) = &self.sli {
            sli.observe_duration(elapsed);
        }
        if let Some(bytes) = bytes {
            #[expect(clippy::cast_precision_loss, reason = "no answer has 2^52 bytes")]
            self.size.observe(bytes as f64);
        }
    }
}

/// A request whose answer is being sent; counted when that ends.
#[derive(Debug)]
pub(super) struct Lasting {
    series: Arc<Series>,
    started: Instant,
    _held: Held,
}

impl Lasting {
    pub(super) fn new(series: Arc<Series>, started: Instant) -> Self {
        Self { started, _held: series.under_way.hold(), series }
    }
}

impl Drop for Lasting {
    fn drop(&mut self) {
        self.series.observe(self.started.elapsed(), None);
    }
}

impl Requests {
    pub(super) fn new(all: &Metrics) -> Self {
        Self {
            total: all.counters("apiserver_request_total", "Requests answered.", LABELS),
            duration: all.histograms(
                "apiserver_request_duration_seconds",
                "Time from the head of a request to its answer.",
                WHAT_LABELS,
                DURATION_BOUNDS,
            ),
            sli: all.histograms(
                "apiserver_request_sli_duration_seconds",
                "The same, without what lasts as long as its client wants.",
                WHAT_LABELS,
                DURATION_BOUNDS,
            ),
            size: all.histograms(
                "apiserver_response_sizes",
                "Bytes of the answers to reads.",
                WHAT_LABELS,
                SIZE_BOUNDS,
            ),
            long_running: all.gauges(
                "apiserver_longrunning_requests",
                "Watches and streams that are open.",
                WHAT_LABELS,
            ),
            terminations: all.counters(
                "apiserver_request_terminations_total",
                "Requests the server ended early for its own sake: their time was over, or they got no seat.",
                TERMINATION_LABELS,
            ),
            known: RwLock::default(),
        }
    }

    /// The series of a request that ended with this code.
    pub(super) fn series(
        &self,
        record: &Record<'_>,
        catalog: &Catalog,
        code: StatusCode,
    ) -> Arc<Series> {
        let hash = hash(record, code);
        let known = self.known.read().expect("nothing panics while it holds the series");
        if let Some(series) = known.get(&hash) {
            return Arc::clone(series);
        }
        drop(known);
        let series = Arc::new(self.find(record, catalog, code));
        // What names nothing that exists may come in any number of spellings.
        if is_known(record, catalog) {
            let mut known = self.known.write().expect("nothing panics while it holds the series");
            if known.len() < KNOWN_MAX {
                known.insert(hash, Arc::clone(&series));
            }
        }
        series
    }

    fn find(&self, record: &Record<'_>, catalog: &Catalog, code: StatusCode) -> Series {
        let target = record.target.as_ref().filter(|target| knows(catalog, target));
        let (group, version, resource, subresource) = match target {
            Some(target) => {
                let subresource = target.subresource.unwrap_or_default();
                (target.group, target.version, target.resource, subresource)
            }
            None => ("", "", "", path_of(record)),
        };
        let dry_run = if record.dry_run { "All" } else { "" };
        let verb = verb(record);
        let scope = target.map_or("", scope);
        let labels =
            [verb, group, version, resource, subresource, scope, code.as_str(), dry_run, COMPONENT];
        let [first @ .., _, _, _] = labels;
        let mut what = [COMPONENT; WHAT + 1];
        what[..WHAT].copy_from_slice(&first);
        let sli = !record.is_long_running();
        let mut termination = [code.as_str(); WHAT + 2];
        termination[..=WHAT].copy_from_slice(&what);
        Series {
            terminated: if record.terminated {
                self.terminations.with(&termination)
            } else {
                self.terminations.detached()
            },
            total: self.total.with(&labels),
            duration: self.duration.with(&what),
            sli: sli.then(|| self.sli.with(&what)),
            size: if record.is_read_only() && sli {
                self.size.with(&what)
            } else {
                self.size.detached()
            },
            under_way: if sli {
                self.long_running.detached()
            } else {
                self.long_running.with(&what)
            },
        }
    }
}

fn hash(record: &Record<'_>, code: StatusCode) -> u64 {
    let mut hasher = DefaultHasher::new();
    (verb(record), code.as_u16(), record.dry_run, record.terminated).hash(&mut hasher);
    match &record.target {
        Some(target) => {
            (target.group, target.version, target.resource, target.subresource, scope(target))
                .hash(&mut hasher);
        }
        None => path_of(record).hash(&mut hasher),
    }
    hasher.finish()
}

fn is_known(record: &Record<'_>, catalog: &Catalog) -> bool {
    record.target.as_ref().is_none_or(|target| knows(catalog, target))
}

/// Whether what a request names exists.
fn knows(catalog: &Catalog, target: &Target<'_>) -> bool {
    let served = catalog.find(target.group, target.version, target.resource);
    served.is_some_and(|served| {
        target.subresource.is_none_or(|name| served.subresource(name).is_some())
    })
}

/// The verb as Kubernetes' metrics have it: mostly the method.
fn verb(record: &Record<'_>) -> &'static str {
    let Some(target) = &record.target else { return method(&record.parts.method) };
    if streaming::is_stream(target) {
        return "CONNECT";
    }
    match target.verb {
        Verb::Get => "GET",
        Verb::List => "LIST",
        Verb::Watch => "WATCH",
        Verb::Create => "POST",
        Verb::Update => "PUT",
        Verb::Patch if negotiate::is_apply(&record.parts.headers) => "APPLY",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
        Verb::DeleteCollection => "DELETECOLLECTION",
        Verb::Options => "other",
    }
}

fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

fn scope(target: &Target<'_>) -> &'static str {
    if target.name.is_some() || target.verb == Verb::Create {
        "resource"
    } else if target.namespace.is_some() {
        "namespace"
    } else {
        "cluster"
    }
}

fn path_of(record: &Record<'_>) -> &'static str {
    let path = record.parts.uri.path();
    let is_at = |known: &&&str| {
        path.strip_prefix(**known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    PATHS.iter().find(is_at).copied().unwrap_or_default()
}
