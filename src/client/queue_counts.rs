//! What is counted of a work queue, under Kubernetes' names.

use std::time::Duration;

use base::{Counter, Gauge, Histogram, Metrics};

/// Powers of ten from ten nanoseconds to ten seconds, as in Kubernetes.
const BOUNDS: &[f64] = &[1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0];
const LABELS: &[&str] = &["name"];

/// The metrics of one queue.
#[derive(Debug, Clone)]
pub(crate) struct QueueCounts {
    depth: Gauge,
    adds: Counter,
    retries: Counter,
    waited: Histogram,
    worked: Histogram,
}

impl QueueCounts {
    pub(crate) fn new(metrics: &Metrics, name: &str) -> Self {
        let depth = metrics.gauges("workqueue_depth", "Keys that wait.", LABELS);
        let adds = metrics.counters("workqueue_adds_total", "Keys added.", LABELS);
        let retries = metrics.counters("workqueue_retries_total", "Keys to try again.", LABELS);
        let waited = metrics.histograms(
            "workqueue_queue_duration_seconds",
            "Time a key waits.",
            LABELS,
            BOUNDS,
        );
        let worked = metrics.histograms(
            "workqueue_work_duration_seconds",
            "Time the work on a key takes.",
            LABELS,
            BOUNDS,
        );
        Self {
            depth: depth.with(&[name]),
            adds: adds.with(&[name]),
            retries: retries.with(&[name]),
            waited: waited.with(&[name]),
            worked: worked.with(&[name]),
        }
    }

    pub(crate) fn added(&self) {
        self.adds.inc();
        self.depth.add(1);
    }

    pub(crate) fn retried(&self) {
        self.retries.inc();
    }

    /// A key was taken, and so many wait now.
    pub(crate) fn taken(&self, waited: Duration, depth: usize) {
        self.waited.observe_duration(waited);
        self.depth.set(i64::try_from(depth).unwrap_or(i64::MAX));
    }

    pub(crate) fn worked(&self, took: Duration) {
        self.worked.observe_duration(took);
    }
}
