//! One kind of request, measured in rounds: its rate, its latencies and the server's processor time.

use std::time::Duration;

use anyhow::Result;

use super::baseline;
use super::cluster::Cluster;
use super::figures::{Samples, count_f64, duration, grouped, median, rate, rates_spread};
use super::load::{Call, Load, Outcome};
use super::report::{Row, Section};

/// What Kubernetes' own control plane did in the same place, as far as it was measured.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Baseline {
    /// Requests per second.
    pub(super) rate: Option<f64>,
    /// Processor time of a request, in microseconds.
    pub(super) cpu_micros: Option<f64>,
    /// The median latency.
    pub(super) p50: Option<Duration>,
}

/// What a figure has to reach, as a multiple of the baseline.
#[derive(Debug, Clone, Copy)]
struct Aim {
    rate: f64,
    cpu: Option<f64>,
}

/// One operation's rounds.
#[derive(Debug)]
pub(super) struct Operation {
    name: &'static str,
    baseline: Baseline,
    aim: Option<Aim>,
    rates: Vec<f64>,
    cpu_micros: Vec<f64>,
    latencies: Vec<Duration>,
}

impl Operation {
    pub(super) fn new(name: &'static str, baseline: Baseline) -> Self {
        let (rates, cpu_micros, latencies) = Default::default();
        Self { name, baseline, aim: None, rates, cpu_micros, latencies }
    }

    /// Has to be this many times as fast as the baseline.
    pub(super) fn aim(self, rate: f64) -> Self {
        Self { aim: Some(Aim { rate, cpu: None }), ..self }
    }

    /// Has to be this many times as fast, with processor time this many times smaller.
    pub(super) fn aim_with_cpu(self, rate: f64, cpu: f64) -> Self {
        Self { aim: Some(Aim { rate, cpu: Some(cpu) }), ..self }
    }

    /// One round of `count` requests.
    pub(super) async fn round(
        &mut self,
        cluster: &Cluster,
        load: &mut Load,
        count: usize,
        call: impl Fn(usize) -> Call + Send + Sync + 'static,
    ) -> Result<()> {
        let before = cluster.cpu();
        let outcome = load.run(count, call).await?;
        self.take(outcome, cluster.cpu().saturating_sub(before));
        Ok(())
    }

    /// The middle one of the rounds' rates.
    pub(super) fn rate(&self) -> f64 {
        median(&self.rates)
    }

    fn take(&mut self, outcome: Outcome, cpu: Duration) {
        self.rates.push(outcome.per_second());
        let count = outcome.latencies.len().max(1);
        self.cpu_micros.push(cpu.as_secs_f64() * 1e6 / count_f64(count));
        self.latencies.extend(outcome.latencies);
    }

    fn row(&self) -> Row {
        let latencies: Samples = self.latencies.iter().copied().collect();
        let row =
            Row::new(self.name, rate(self.rate())).spread(rates_spread(&self.rates, &latencies));
        let Some(baseline) = self.baseline.rate else { return row };
        let times = self.rate() / baseline;
        let row = row.against(times, format_args!("{} {}", grouped(baseline), baseline::NAME));
        match self.aim {
            Some(aim) => row.aim(times >= aim.rate, &format!("≥ {}x", aim.rate)),
            None => row,
        }
    }

    fn cpu_row(&self) -> Row {
        let micros = median(&self.cpu_micros);
        let figure = format!("{} us", grouped(micros));
        let row = Row::new(format!("{}, processor time", self.name), figure);
        let Some(baseline) = self.baseline.cpu_micros else { return row };
        let times = baseline / micros.max(1.0);
        let what = format!("less than {} us of {}", grouped(baseline), baseline::NAME);
        let row = row.against(times, what);
        match self.aim.and_then(|aim| aim.cpu) {
            Some(aim) => row.aim(times >= aim, &format!("≥ {aim}x")),
            None => row,
        }
    }

    /// The slowest of a hundred against the baseline's ordinary one.
    fn tail_row(&self) -> Option<Row> {
        let p50 = self.baseline.p50?;
        let latencies: Samples = self.latencies.iter().copied().collect();
        let p99 = latencies.p99();
        let what = format!("less than the median of {} of {}", duration(p50), baseline::NAME);
        let row = Row::new(format!("{}, p99", self.name), duration(p99));
        Some(row.against(p50.as_secs_f64() / p99.as_secs_f64(), what).aim(p99 <= p50, "≥ 1x"))
    }
}

/// Adds the rows of operations: rates, then what they cost, then their tails.
pub(super) fn report(section: &mut Section, operations: &[Operation]) {
    let rates = operations.iter().map(Operation::row);
    let costs = operations.iter().map(Operation::cpu_row);
    let tails = operations.iter().filter_map(Operation::tail_row);
    for row in rates.chain(costs).chain(tails) {
        section.row(row);
    }
    section.note(
        "Client and server share the cores; processor time is the server's, user and system.",
    );
}
