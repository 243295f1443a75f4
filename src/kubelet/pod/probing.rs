//! Probing a pod's containers as long as they run.

use std::sync::Arc;
use std::time::Duration;

use super::{Done, Owner, container};
use crate::lifecycle::{Input, Phase, Probe};
use crate::probes::{self, Outcome, Tally};

impl Owner {
    /// Begins with the startup probe, or with the others where there is none.
    pub(super) fn begin_probes(&mut self, index: usize) {
        if self.container(index).startup_probe.is_some() {
            self.begin_probe(index, Probe::Startup);
        } else {
            self.begin_later_probes(index);
        }
    }

    fn begin_later_probes(&mut self, index: usize) {
        self.begin_probe(index, Probe::Readiness);
        self.begin_probe(index, Probe::Liveness);
    }

    fn begin_probe(&mut self, index: usize, probe: Probe) {
        let Some(spec) = probes::spec_of(self.container(index), probe) else { return };
        let tally = Tally::new(probe, spec);
        let delay = tally.initial_delay();
        self.probe_after(delay, index, tally);
    }

    fn probe_after(&mut self, delay: Duration, index: usize, tally: Tally) {
        let (Some(ground), Phase::Running(run)) =
            (&self.ground, &self.state.containers[index].phase)
        else {
            return;
        };
        let (address, id) = (ground.address, run.id.clone());
        let (site, pod) = (Arc::clone(&self.site), Arc::clone(&self.pod));
        let probe = tally.probe();
        let tally = Box::new(tally);
        self.work.push(Box::pin(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            let own = container(&pod, index);
            let outcome = match probes::spec_of(own, probe) {
                // Boxed, so that the many probes that only wait for their time stay small.
                Some(spec) => Box::pin(probes::run(&site.presence, address, own, spec)).await,
                None => Outcome::Passed,
            };
            Done::Probed { container: index, id, tally, outcome }
        }));
    }

    pub(super) fn end_probing(
        &mut self,
        index: usize,
        id: String,
        mut tally: Tally,
        outcome: Outcome,
    ) {
        let same =
            matches!(&self.state.containers[index].phase, Phase::Running(run) if run.id == id);
        if !same {
            return;
        }
        let probe = tally.probe();
        let verdict = tally.record(&outcome);
        if verdict.tell {
            self.tell_outcome(index, probe, outcome);
        }
        if let Some(passed) = verdict.report {
            self.feed(Input::Probed { container: index, id, probe, passed });
        }
        match (probe, verdict.report) {
            (Probe::Startup, Some(true)) => self.begin_later_probes(index),
            (Probe::Startup | Probe::Liveness, Some(false)) => (),
            _ => self.probe_after(verdict.next, index, tally),
        }
    }

    fn tell_outcome(&self, index: usize, probe: Probe, outcome: Outcome) {
        let text = match outcome {
            Outcome::Passed => return,
            Outcome::Failed(why) => format!("{probe:?} probe failed: {why}"),
            Outcome::Unknown(why) => {
                format!("{probe:?} probe errored and resulted in unknown state: {why}")
            }
        };
        self.warn(Some(index), "Unhealthy", text);
    }
}
