//! Counts a probe's outcomes and says when the next is due.

use std::time::Duration;

use k8s_openapi::api::core::v1::Probe as ProbeSpec;

use super::Outcome;
use crate::lifecycle::Probe;

/// How soon a container that was just started is asked again. A component listens a few milliseconds
/// after its start, and its first probe comes sooner; waiting for a whole period (10 s by default)
/// would make readiness seem a thousand times slower than it is.
const FIRST_RETRY: Duration = Duration::from_millis(4);

/// Results of one probe of one incarnation.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    probe: Probe,
    period: Duration,
    success_threshold: u32,
    failure_threshold: u32,
    initial_delay: Duration,
    /// The kind of the last results and how many of them came in a row.
    run: Option<(bool, u32)>,
    /// What was last reported.
    reported: Option<bool>,
    /// The next quick retry and what is left of the first period; none once it is over.
    eager: Option<(Duration, Duration)>,
}

/// What a result leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// A threshold was reached.
    pub(crate) report: Option<bool>,
    /// Whether somebody should hear of this failure.
    pub(crate) tell: bool,
    /// When to ask again.
    pub(crate) next: Duration,
}

impl Tally {
    pub(crate) fn new(probe: Probe, spec: &ProbeSpec) -> Self {
        let positive = |value: Option<i32>, default: u32| {
            value
                .and_then(|value| u32::try_from(value).ok())
                .filter(|one| *one > 0)
                .unwrap_or(default)
        };
        let period = Duration::from_secs(positive(spec.period_seconds, 10).into());
        let eager = (probe != Probe::Liveness).then_some((FIRST_RETRY, period));
        Self {
            probe,
            period,
            success_threshold: positive(spec.success_threshold, 1),
            failure_threshold: positive(spec.failure_threshold, 3),
            initial_delay: Duration::from_secs(
                spec.initial_delay_seconds.and_then(|one| u64::try_from(one).ok()).unwrap_or(0),
            ),
            run: None,
            reported: None,
            eager,
        }
    }

    /// Which probe this is.
    pub(crate) fn probe(&self) -> Probe {
        self.probe
    }

    /// How long to wait before the first probing.
    pub(crate) fn initial_delay(&self) -> Duration {
        self.initial_delay
    }

    /// Takes a result into account.
    pub(crate) fn record(&mut self, outcome: &Outcome) -> Verdict {
        let passed = match outcome {
            Outcome::Passed => true,
            Outcome::Failed(_) => false,
            Outcome::Unknown(_) => {
                self.eager = None;
                return Verdict { report: None, tell: true, next: self.period };
            }
        };
        if let Some((wait, left)) = self.eager {
            if !passed && self.run.is_none() {
                self.run = Some((false, 1));
            }
            if !passed && wait < left {
                self.eager = Some((wait * 2, left.saturating_sub(wait)));
                return Verdict { report: None, tell: false, next: wait };
            }
            self.eager = None;
            if !passed {
                return Verdict { report: self.report(), tell: true, next: left };
            }
        }
        let count = match self.run {
            Some((kind, count)) if kind == passed => count.saturating_add(1),
            _ => 1,
        };
        self.run = Some((passed, count));
        Verdict { report: self.report(), tell: !passed, next: self.period }
    }

    /// What is to be reported, if it is news.
    fn report(&mut self) -> Option<bool> {
        let (passed, count) = self.run?;
        let threshold = if passed { self.success_threshold } else { self.failure_threshold };
        if count < threshold || self.reported == Some(passed) {
            return None;
        }
        self.reported = Some(passed);
        Some(passed)
    }
}
