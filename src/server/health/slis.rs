//! How often health checks were passed, under Kubernetes' names (KEP-3466). They are not part of `/metrics`: whoever
//! watches over availability reads them often.

use base::{Counter, Family, Gauge, Metrics};

use crate::metrics;
use crate::respond::Answer;

#[derive(Debug)]
pub(super) struct Slis {
    all: Metrics,
    passed: Family<Gauge>,
    total: Family<Counter>,
}

impl Slis {
    pub(super) fn new() -> Self {
        let all = Metrics::default();
        let passed = all.gauges(
            "kubernetes_healthcheck",
            "Whether a check was passed when it was last asked for.",
            &["name", "type"],
        );
        let total = all.counters(
            "kubernetes_healthchecks_total",
            "Checks by how they ended.",
            &["name", "type", "status"],
        );
        Self { all, passed, total }
    }

    /// Counts a check, asked for at an endpoint.
    pub(super) fn count(&self, endpoint: &str, name: &str, passed: bool) {
        self.passed.with(&[name, endpoint]).set(i64::from(passed));
        let status = if passed { "success" } else { "error" };
        self.total.with(&[name, endpoint, status]).inc();
    }

    pub(super) fn respond(&self) -> Answer {
        metrics::answer(&self.all)
    }
}
