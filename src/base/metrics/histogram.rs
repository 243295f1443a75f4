//! Histogram: how many observations were at most so much.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::series::Metric;

/// Counts observations by size.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Cells>);

#[derive(Debug)]
struct Cells {
    bounds: &'static [f64],
    /// One for each bound, and one for what is beyond; not cumulative.
    counts: Box<[AtomicU64]>,
    /// The bits of a float.
    sum: AtomicU64,
}

impl Histogram {
    /// Counts one observation.
    pub fn observe(&self, value: f64) {
        let cells = &self.0;
        let at = cells.bounds.partition_point(|bound| *bound < value);
        cells.counts[at].fetch_add(1, Ordering::Relaxed);
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        let _always = cells.sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Counts how long something took, in seconds.
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }

    /// Every bound with the number of observations up to it; the total; the sum.
    pub(super) fn totals(&self) -> (Vec<(f64, u64)>, u64, f64) {
        let mut total = 0;
        let mut cumulative = Vec::with_capacity(self.0.bounds.len());
        for (place, count) in self.0.counts.iter().enumerate() {
            total += count.load(Ordering::Relaxed);
            if let Some(bound) = self.0.bounds.get(place) {
                cumulative.push((*bound, total));
            }
        }
        (cumulative, total, f64::from_bits(self.0.sum.load(Ordering::Relaxed)))
    }
}

impl Metric for Histogram {
    fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Cells { bounds, counts, sum: AtomicU64::new(0f64.to_bits()) }))
    }
}
