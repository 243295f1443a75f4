//! The series of one metric, found by the values of their labels.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, RwLock};

/// Series of one metric at most. Labels are chosen so that they have few values; should one escape that, the
/// answer to a scrape stays some megabytes, and what is beyond is counted nowhere.
const SERIES_MAX: usize = 20_000;

/// What can be in a series.
pub trait Metric: Clone {
    /// One that has counted nothing; histograms have upper bounds.
    fn new(bounds: &'static [f64]) -> Self;
}

/// One metric with labels. Clones share its series.
#[derive(Clone)]
pub struct Family<M>(Arc<Shared<M>>);

struct Shared<M> {
    labels: &'static [&'static str],
    bounds: &'static [f64],
    series: RwLock<Series<M>>,
}

/// Series with the values of their labels.
type Bucket<M> = Vec<(Box<[Box<str>]>, M)>;

struct Series<M> {
    /// By the hash of the labels' values, so that a look-up needs no owned key.
    by_hash: HashMap<u64, Bucket<M>>,
    count: usize,
}

impl<M: Metric> Family<M> {
    pub(super) fn new(labels: &'static [&'static str], bounds: &'static [f64]) -> Self {
        let series = RwLock::new(Series { by_hash: HashMap::new(), count: 0 });
        Self(Arc::new(Shared { labels, bounds, series }))
    }

    /// The series with these values, in the order of the labels.
    pub fn with(&self, values: &[&str]) -> M {
        debug_assert_eq!(values.len(), self.0.labels.len(), "one value for each label");
        let hash = hash(values);
        let found = {
            let series = self.0.series.read().expect("nothing panics while it holds the series");
            series.find(hash, values).cloned()
        };
        found.unwrap_or_else(|| self.add(hash, values))
    }

    /// One that nobody sees, for what is not counted.
    pub fn detached(&self) -> M {
        M::new(self.0.bounds)
    }

    fn add(&self, hash: u64, values: &[&str]) -> M {
        let mut series = self.0.series.write().expect("nothing panics while it holds the series");
        if let Some(found) = series.find(hash, values) {
            return found.clone();
        }
        let metric = M::new(self.0.bounds);
        if series.count < SERIES_MAX {
            series.count += 1;
            let owned = values.iter().map(|value| Box::from(*value)).collect();
            series.by_hash.entry(hash).or_default().push((owned, metric.clone()));
        }
        metric
    }

    pub(super) fn labels(&self) -> &'static [&'static str] {
        self.0.labels
    }

    /// Every series, in the order of their labels' values.
    pub(super) fn sorted(&self) -> Bucket<M> {
        let series = self.0.series.read().expect("nothing panics while it holds the series");
        let mut all: Vec<_> = series.by_hash.values().flatten().cloned().collect();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all
    }
}

impl<M> Series<M> {
    fn find(&self, hash: u64, values: &[&str]) -> Option<&M> {
        let same = |own: &[Box<str>]| own.iter().map(|own| &**own).eq(values.iter().copied());
        let bucket = self.by_hash.get(&hash)?;
        bucket.iter().find(|(own, _)| same(own)).map(|(_, metric)| metric)
    }
}

impl<M> fmt::Debug for Family<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("labels", &self.0.labels).finish_non_exhaustive()
    }
}

fn hash(values: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    values.hash(&mut hasher);
    hasher.finish()
}
