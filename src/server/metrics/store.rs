//! The store with a watch in the hand, under the name that dashboards know: etcd's.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use base::{Counter, Family, Histogram, Metrics};
use store::{Change, Entry, Error, Events, Expect, Page, Revision, Store};
use tokio::time::Instant;

use crate::stored_kind::stored_kind;

/// Kubernetes' own bounds, and finer ones below.
const BOUNDS: &[f64] = &[
    0.0001, 0.0005, 0.001, 0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0,
    4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0,
];
const LABELS: &[&str] = &["operation", "group", "resource"];

/// Measures the calls of a store.
#[derive(Debug)]
pub(crate) struct Measured {
    store: Arc<dyn Store>,
    duration: Family<Histogram>,
    errors: Family<Counter>,
}

impl Measured {
    pub(crate) fn new(store: Arc<dyn Store>, all: &Metrics) -> Self {
        Self {
            store,
            duration: all.histograms(
                "etcd_request_duration_seconds",
                "Time the store takes, by operation and kind.",
                LABELS,
                BOUNDS,
            ),
            errors: all.counters(
                "etcd_request_errors_total",
                "Calls the store refused or failed, lost races included.",
                LABELS,
            ),
        }
    }

    fn note<T>(&self, operation: &str, key: &str, started: Instant, result: &Result<T, Error>) {
        let (group, resource) = stored_kind(key);
        let labels = [operation, group, resource];
        self.duration.with(&labels).observe_duration(started.elapsed());
        if result.is_err() {
            self.errors.with(&labels).inc();
        }
    }
}

#[async_trait]
impl Store for Measured {
    async fn revision(&self) -> Result<Revision, Error> {
        self.store.revision().await
    }

    async fn is_well(&self) -> Result<(), Error> {
        self.store.is_well().await
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        let started = Instant::now();
        let result = self.store.get(key).await;
        self.note("get", key, started, &result);
        result
    }

    async fn list(
        &self,
        keys: Range<String>,
        at: Option<Revision>,
        limit: usize,
    ) -> Result<Page, Error> {
        let (started, start) = (Instant::now(), keys.start.clone());
        let result = self.store.list(keys, at, limit).await;
        self.note("list", &start, started, &result);
        result
    }

    async fn write(&self, key: &str, expect: Expect, change: Change) -> Result<Revision, Error> {
        let operation = match (&change, expect) {
            (Change::Delete, _) => "delete",
            (Change::Put(_), Expect::Absent) => "create",
            (Change::Put(_), _) => "update",
        };
        let started = Instant::now();
        let result = self.store.write(key, expect, change).await;
        self.note(operation, key, started, &result);
        result
    }

    async fn watch(&self, keys: Range<String>, after: Revision) -> Result<Events, Error> {
        self.store.watch(keys, after).await
    }

    async fn is_outdated(&self, key: &str) -> Result<bool, Error> {
        self.store.is_outdated(key).await
    }

    async fn compact(&self, up_to: Revision) -> Result<(), Error> {
        self.store.compact(up_to).await
    }
}
