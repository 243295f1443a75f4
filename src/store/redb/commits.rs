//! What is counted of commits: how many writes share one, and how long it takes to be on disk.

use std::time::Duration;

use base::{Histogram, Metrics};

/// Powers of two up to the most writes that can share a commit.
const WRITES_BOUNDS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// From a fast disk's flush to one that is in trouble.
const SECONDS_BOUNDS: &[f64] =
    &[0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 4.0];

pub(super) struct Commits {
    writes: Histogram,
    seconds: Histogram,
}

impl Commits {
    pub(super) fn new(metrics: &Metrics) -> Self {
        let writes = metrics.histograms(
            "isopod_store_commit_writes",
            "Writes that shared a commit.",
            &[],
            WRITES_BOUNDS,
        );
        let seconds = metrics.histograms(
            "isopod_store_commit_duration_seconds",
            "Time of a commit until it is on disk.",
            &[],
            SECONDS_BOUNDS,
        );
        Self { writes: writes.with(&[]), seconds: seconds.with(&[]) }
    }

    pub(super) fn note(&self, writes: usize, took: Duration) {
        self.writes.observe(f64::from(u32::try_from(writes).unwrap_or(u32::MAX)));
        self.seconds.observe_duration(took);
    }
}
