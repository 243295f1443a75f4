//! What the node counts, under the names of Kubernetes' kubelet.

use base::{Family, Gauge, Histogram, Metrics};

/// Kubernetes' own bounds, and finer ones below: most pods here start sooner than its first.
const START_BOUNDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 20.0, 30.0,
    45.0, 60.0, 120.0, 180.0, 300.0,
];

#[derive(Debug)]
pub(crate) struct Meters {
    /// Pods that have a sandbox.
    pub(crate) running: Gauge,
    /// From the moment the node sees a pod until it runs.
    pub(crate) start: Histogram,
}

impl Meters {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let running: Family<Gauge> =
            metrics.gauges("kubelet_running_pods", "Pods that have a sandbox.", &[]);
        let start: Family<Histogram> = metrics.histograms(
            "kubelet_pod_start_duration_seconds",
            "From the moment the node sees a pod until it runs.",
            &[],
            START_BOUNDS,
        );
        Self { running: running.with(&[]), start: start.with(&[]) }
    }
}
