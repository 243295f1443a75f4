//! What is counted of a work queue, under Kubernetes' names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base::{Counter, Gauge, Histogram, Metrics, Sample, Sort};
use tokio::time::Instant;

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
    name: Arc<str>,
    under_way: UnderWay,
}

/// Since when keys are worked on, by queue: what is stuck has no end that could be measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnderWay(Arc<Mutex<BTreeMap<Arc<str>, Vec<Instant>>>>);

impl UnderWay {
    /// Tells of it whenever somebody asks for the metrics.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let this = Self::default();
        let (sum, longest) = (this.clone(), this.clone());
        metrics.computed(
            "workqueue_unfinished_work_seconds",
            "Time that what is worked on has taken so far, all together.",
            Sort::Gauge,
            LABELS,
            move || sum.samples(|took| took.fold(0.0, |sum, took| sum + took)),
        );
        metrics.computed(
            "workqueue_longest_running_processor_seconds",
            "Time that what has been worked on for longest has taken so far.",
            Sort::Gauge,
            LABELS,
            move || longest.samples(|took| took.fold(0.0, f64::max)),
        );
        this
    }

    fn samples(&self, of: impl Fn(&mut dyn Iterator<Item = f64>) -> f64) -> Vec<Sample> {
        let queues = self.lock();
        let sample = |(name, since): (&Arc<str>, &Vec<Instant>)| {
            let value = of(&mut since.iter().map(|since| since.elapsed().as_secs_f64()));
            (vec![name.to_string()], value)
        };
        queues.iter().map(sample).collect()
    }

    fn begin(&self, name: &Arc<str>, started: Instant) {
        self.lock().entry(Arc::clone(name)).or_default().push(started);
    }

    fn end(&self, name: &str, started: Instant) {
        if let Some(since) = self.lock().get_mut(name)
            && let Some(index) = since.iter().position(|since| *since == started)
        {
            since.swap_remove(index);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Vec<Instant>>> {
        self.0.lock().expect("nothing panics while it holds the times")
    }
}

impl QueueCounts {
    pub(crate) fn new(metrics: &Metrics, under_way: &UnderWay, name: &str) -> Self {
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
            name: name.into(),
            under_way: under_way.clone(),
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

    /// The work on a key begins.
    pub(crate) fn work(&self) -> Work<'_> {
        let started = Instant::now();
        self.under_way.begin(&self.name, started);
        Work { counts: self, started }
    }
}

/// The work on a key, which ends when this is dropped.
pub(crate) struct Work<'a> {
    counts: &'a QueueCounts,
    started: Instant,
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.counts.under_way.end(&self.counts.name, self.started);
        self.counts.worked.observe_duration(self.started.elapsed());
    }
}

#[cfg(test)]
mod tests;
