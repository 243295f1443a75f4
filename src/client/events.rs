//! Records what happened to objects as core/v1 Events, without ever holding up who records.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::{CancellationToken, Clock, Tasks};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;
use tokio::sync::mpsc;
use tracing::{debug, warn};

use crate::Cached;
use correlator::{Correlator, Decision, Series};

mod correlator;

/// Occurrences that wait to be written: a burst of a thousand pods fits; beyond, new ones are counted and dropped, since
/// events are a courtesy that must not cost memory.
const QUEUE: usize = 4096;

/// How an event is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As expected.
    Normal,
    /// Somebody may want to act.
    Warning,
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// Something that happened to an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// The object, or a part of it.
    pub regarding: ObjectReference,
    /// Its colour.
    pub severity: Severity,
    /// One word in camel case that programs match on.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
}

impl Occurrence {
    /// A normal occurrence.
    pub fn normal<K: Cached>(object: &K, reason: &str, message: impl Into<String>) -> Self {
        Self::new(reference(object), Severity::Normal, reason, message)
    }

    /// A warning.
    pub fn warning<K: Cached>(object: &K, reason: &str, message: impl Into<String>) -> Self {
        Self::new(reference(object), Severity::Warning, reason, message)
    }

    /// An occurrence regarding a reference.
    pub fn new(
        regarding: ObjectReference,
        severity: Severity,
        reason: &str,
        message: impl Into<String>,
    ) -> Self {
        Self { regarding, severity, reason: reason.to_owned(), message: message.into() }
    }
}

impl fmt::Display for Occurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} {}: {}", self.severity.as_str(), self.reason, self.message)
    }
}

/// A reference to an object, as events and endpoints carry it.
pub fn reference<K: Cached>(object: &K) -> ObjectReference {
    let meta = object.meta();
    ObjectReference {
        api_version: Some(K::api_version(&()).into_owned()),
        kind: Some(K::kind(&()).into_owned()),
        name: meta.name.clone(),
        namespace: meta.namespace.clone(),
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.clone(),
        field_path: None,
    }
}

/// Writes events in one component's name. Clones share its queue and its memory of what was written.
#[derive(Debug, Clone)]
pub struct EventRecorder {
    queue: mpsc::Sender<(Timestamp, Occurrence)>,
    clock: Clock,
    dropped: Arc<AtomicU64>,
}

impl EventRecorder {
    /// Starts a writer for `component`, on `host` if it belongs to one.
    pub fn new(
        client: kube::Client,
        component: &str,
        host: Option<&str>,
        clock: &Clock,
        tasks: &Tasks,
    ) -> Self {
        let (queue, occurrences) = mpsc::channel(QUEUE);
        let writer = Writer {
            client,
            source: EventSource {
                component: Some(component.to_owned()),
                host: host.map(str::to_owned),
            },
            correlator: Correlator::default(),
        };
        tasks.spawn("events", |stop| async move { writer.run(occurrences, stop).await });
        Self { queue, clock: clock.clone(), dropped: Arc::default() }
    }

    /// Records an occurrence; returns at once.
    pub fn record(&self, occurrence: Occurrence) {
        // It happened now, whenever it is written.
        let timed = (self.clock.now(), occurrence);
        if let Err(mpsc::error::TrySendError::Full((_, lost))) = self.queue.try_send(timed) {
            let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            warn!(dropped, reason = lost.reason, "too many events wait to be written");
        }
    }

    /// Records that something expected happened to an object.
    pub fn normal<K: Cached>(&self, object: &K, reason: &str, message: impl Into<String>) {
        self.record(Occurrence::normal(object, reason, message));
    }

    /// Records that something happened to an object that somebody may want to act on.
    pub fn warning<K: Cached>(&self, object: &K, reason: &str, message: impl Into<String>) {
        self.record(Occurrence::warning(object, reason, message));
    }
}

struct Writer {
    client: kube::Client,
    source: EventSource,
    correlator: Correlator,
}

impl Writer {
    async fn run(
        mut self,
        mut occurrences: mpsc::Receiver<(Timestamp, Occurrence)>,
        stop: CancellationToken,
    ) {
        while let Some(Some((at, occurrence))) = stop.run_until_cancelled(occurrences.recv()).await
        {
            let write = self.write(occurrence, at);
            match stop.run_until_cancelled(write).await {
                Some(Ok(())) => {}
                Some(Err(error)) => debug!(%error, "an event is lost"),
                None => return,
            }
        }
    }

    async fn write(&mut self, occurrence: Occurrence, at: Timestamp) -> kube::Result<()> {
        let (series, count_first) = match self.correlator.decide(occurrence, at) {
            Decision::Drop => return Ok(()),
            Decision::Create(series) => (series, false),
            Decision::Count(series) => (series, true),
        };
        let namespace = namespace_of(&series.occurrence.regarding);
        let events: Api<Event> = Api::namespaced(self.client.clone(), &namespace);
        if count_first {
            let patch = json!({
                "count": series.count,
                "message": series.occurrence.message,
                "lastTimestamp": Time(series.last),
            });
            let params = PatchParams::default();
            match events.patch(&series.name, &params, &Patch::Merge(&patch)).await {
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                other => return other.map(|_| ()),
            }
        }
        events.create(&PostParams::default(), &self.event(&series, namespace)).await.map(|_| ())
    }

    fn event(&self, series: &Series, namespace: String) -> Event {
        let Occurrence { regarding, severity, reason, message } = series.occurrence.clone();
        Event {
            metadata: ObjectMeta {
                name: Some(series.name.clone()),
                namespace: Some(namespace),
                ..ObjectMeta::default()
            },
            involved_object: regarding,
            type_: Some(severity.as_str().to_owned()),
            reason: Some(reason),
            message: Some(message),
            count: Some(series.count),
            first_timestamp: Some(Time(series.first)),
            last_timestamp: Some(Time(series.last)),
            source: Some(self.source.clone()),
            reporting_component: self.source.component.clone(),
            reporting_instance: self.source.host.clone(),
            ..Event::default()
        }
    }
}

/// Events about cluster-scoped objects live in `default`.
fn namespace_of(regarding: &ObjectReference) -> String {
    regarding
        .namespace
        .clone()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "default".to_owned())
}
