//! What is counted of decisions, under Kubernetes' names.

use std::time::Duration;

use base::{Counter, Family, Histogram, Metrics, Sort};

use crate::queue::Pending;
use crate::scheduler::SCHEDULER_NAME;

/// From a tenth of a millisecond to the seconds of a large cluster, doubling.
const DECISION_BOUNDS: &[f64] = &[
    0.0001, 0.0002, 0.0004, 0.0008, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256,
    0.512, 1.024,
];
/// From ten milliseconds to an hour and a half, doubling, as in Kubernetes, and finer ones below.
const WAIT_BOUNDS: &[f64] = &[
    0.001, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96,
    81.92, 163.84, 327.68, 655.36, 1310.72, 2621.44, 5242.88,
];
/// Attempts that are told apart; as in Kubernetes, whoever needed more is one of these.
const ATTEMPTS_MAX: u32 = 15;

/// How an attempt to place a pod ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attempt {
    Scheduled,
    Unschedulable,
}

pub(crate) struct Attempts {
    total: Family<Counter>,
    duration: Family<Histogram>,
    waited: Family<Histogram>,
}

impl Attempts {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            total: metrics.counters(
                "scheduler_schedule_attempts_total",
                "Attempts to place a pod, by how they ended.",
                &["result", "profile"],
            ),
            duration: metrics.histograms(
                "scheduler_scheduling_attempt_duration_seconds",
                "Time to decide about a pod.",
                &["result", "profile"],
                DECISION_BOUNDS,
            ),
            waited: metrics.histograms(
                "scheduler_pod_scheduling_sli_duration_seconds",
                "Time from when a pod was first seen until it was bound.",
                &["attempts"],
                WAIT_BOUNDS,
            ),
        }
    }

    /// Counts a decision.
    pub(crate) fn decided(&self, attempt: Attempt, took: Duration) {
        let result = match attempt {
            Attempt::Scheduled => "scheduled",
            Attempt::Unschedulable => "unschedulable",
        };
        self.total.with(&[result, SCHEDULER_NAME]).inc();
        self.duration.with(&[result, SCHEDULER_NAME]).observe_duration(took);
    }

    /// Counts a decision that the API refused.
    pub(crate) fn failed(&self) {
        self.total.with(&["error", SCHEDULER_NAME]).inc();
    }

    /// Counts a pod that has its node.
    pub(crate) fn bound(&self, waited: Duration, attempts: u32) {
        let attempts = attempts.min(ATTEMPTS_MAX).to_string();
        self.waited.with(&[&attempts]).observe_duration(waited);
    }
}

/// Shows how many pods wait for what.
pub(crate) fn show_pending(
    metrics: &Metrics,
    pending: impl Fn() -> Option<Pending> + Send + Sync + 'static,
) {
    metrics.computed(
        "scheduler_pending_pods",
        "Pods without a node, by what they wait for.",
        Sort::Gauge,
        &["queue"],
        move || {
            let Some(pending) = pending() else { return Vec::new() };
            let queues = [
                ("active", pending.active),
                ("backoff", pending.backoff),
                ("unschedulable", pending.unschedulable),
            ];
            let sample = |(queue, count): (&str, usize)| {
                let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
                (vec![queue.to_owned()], count)
            };
            queues.into_iter().map(sample).collect()
        },
    );
}
