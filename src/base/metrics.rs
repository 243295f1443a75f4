//! Metrics: counters, gauges and histograms with labels, and their text for Prometheus.
//!
//! A [`Metrics`] is a value that the platform makes once and hands to every part, as it does with the clock;
//! two clusters in one process count apart. To count is one atomic addition; to find a series by its labels is
//! a read lock and a hash, without allocation, and whoever counts often keeps the series it found.

mod encode;
mod histogram;
mod series;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

pub use histogram::Histogram;
pub use series::Family;

use series::Metric;

/// All metrics of one platform. Clones share them.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<BTreeMap<&'static str, Entry>>>);

/// A number that only grows.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

/// A number that goes up and down.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicI64>);

/// What a [`Metrics::computed`] metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// One series of a computed metric: the values of its labels, and its own.
pub type Sample = (Vec<String>, f64);

struct Entry {
    help: &'static str,
    values: Values,
}

#[derive(Clone)]
enum Values {
    Counter(Family<Counter>),
    Gauge(Family<Gauge>),
    Histogram(Family<Histogram>),
    Computed(Computed),
}

#[derive(Clone)]
struct Computed {
    sort: Sort,
    labels: &'static [&'static str],
    samples: Arc<dyn Fn() -> Vec<Sample> + Send + Sync>,
}

impl Metrics {
    /// A counter for each combination of these labels. Asked twice by one name, it gives the same.
    pub fn counters(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Family<Counter> {
        let make = || Values::Counter(Family::new(labels, &[]));
        match self.entry(name, help, make) {
            Values::Counter(family) => family,
            _ => Family::new(labels, &[]),
        }
    }

    /// A gauge for each combination of these labels.
    pub fn gauges(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Family<Gauge> {
        let make = || Values::Gauge(Family::new(labels, &[]));
        match self.entry(name, help, make) {
            Values::Gauge(family) => family,
            _ => Family::new(labels, &[]),
        }
    }

    /// A histogram with these upper bounds for each combination of these labels.
    pub fn histograms(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
        bounds: &'static [f64],
    ) -> Family<Histogram> {
        let make = || Values::Histogram(Family::new(labels, bounds));
        match self.entry(name, help, make) {
            Values::Histogram(family) => family,
            _ => Family::new(labels, bounds),
        }
    }

    /// A metric whose series are worked out when somebody asks for them.
    pub fn computed(
        &self,
        name: &'static str,
        help: &'static str,
        sort: Sort,
        labels: &'static [&'static str],
        samples: impl Fn() -> Vec<Sample> + Send + Sync + 'static,
    ) {
        let computed = Computed { sort, labels, samples: Arc::new(samples) };
        self.lock().insert(name, Entry { help, values: Values::Computed(computed) });
    }

    /// Everything, in Prometheus' text format, version 0.0.4.
    pub fn encode(&self) -> String {
        // Copied out first: what computes samples may take locks of its own.
        let entries: Vec<_> = self
            .lock()
            .iter()
            .map(|(name, entry)| (*name, entry.help, entry.values.clone()))
            .collect();
        let mut text = String::new();
        for (name, help, values) in entries {
            encode::family(&mut text, name, help, &values);
        }
        text
    }

    fn entry(
        &self,
        name: &'static str,
        help: &'static str,
        make: impl FnOnce() -> Values,
    ) -> Values {
        self.lock().entry(name).or_insert_with(|| Entry { help, values: make() }).values.clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Entry>> {
        self.0.lock().expect("nothing panics while it holds the metrics")
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("families", &self.lock().len()).finish()
    }
}

impl Counter {
    /// One more.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Some more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// How many there were.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    /// Changes it by so much.
    pub fn add(&self, difference: i64) {
        self.0.fetch_add(difference, Ordering::Relaxed);
    }

    /// Makes it this.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// What it is.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// One more, until the guard is dropped.
    pub fn hold(&self) -> Held {
        self.add(1);
        Held(self.clone())
    }
}

/// Counts as one in a [`Gauge`].
#[derive(Debug)]
pub struct Held(Gauge);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

impl Metric for Counter {
    fn new(_bounds: &'static [f64]) -> Self {
        Self::default()
    }
}

impl Metric for Gauge {
    fn new(_bounds: &'static [f64]) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests;
