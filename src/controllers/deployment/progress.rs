//! Whether a rollout gets on: the Progressing condition and its deadline.

use std::time::Duration;

use jiff::SignedDuration;
use k8s_openapi::api::apps::v1::DeploymentStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::draft::Draft;
use super::rollout::Work;

pub(super) const PROGRESSING: &str = "Progressing";
const REPLICA_FAILURE: &str = "ReplicaFailure";
const COMPLETE: &str = "NewReplicaSetAvailable";
const TIMED_OUT: &str = "ProgressDeadlineExceeded";
const PAUSED: &str = "DeploymentPaused";
/// How clients spell that there is no deadline: the largest 32-bit number.
const NO_DEADLINE: i32 = i32::MAX;
/// A look at the deadline comes this much after it, so that rounded timestamps do not make it come too early.
const AFTER_DEADLINE: SignedDuration = SignedDuration::from_secs(1);

impl Work<'_> {
    pub(super) fn has_deadline(&self) -> bool {
        self.spec.progress_deadline_seconds.is_some_and(|seconds| seconds != NO_DEADLINE)
    }

    fn deadline(&self) -> SignedDuration {
        SignedDuration::from_secs(self.spec.progress_deadline_seconds.unwrap_or(NO_DEADLINE).into())
    }

    /// A pause stops the deadline's clock; resuming starts it anew.
    pub(super) fn note_pause(&mut self) {
        let reason = self.condition(PROGRESSING).and_then(|condition| condition.reason.as_deref());
        let (known_pause, timed_out) = (reason == Some(PAUSED), reason == Some(TIMED_OUT));
        if !self.has_deadline() || timed_out {
            return;
        }
        if self.is_paused() && !known_pause {
            self.set_condition(PROGRESSING, "Unknown", PAUSED, "Deployment is paused");
        } else if !self.is_paused() && known_pause {
            let message = "Deployment is resumed";
            self.set_condition(PROGRESSING, "Unknown", "DeploymentResumed", message);
        }
    }

    /// Counts, and says whether the rollout is complete, getting on, or stuck.
    pub(super) fn progress(&mut self) {
        let before = self.deployment.status.clone().unwrap_or_default();
        self.count();
        if self.has_deadline() {
            self.judge(&before);
        } else {
            self.remove_condition(PROGRESSING);
        }
        self.note_refusals();
    }

    fn judge(&mut self, before: &DeploymentStatus) {
        let current = self.condition(PROGRESSING);
        let known_complete = current.and_then(|now| now.reason.as_deref()) == Some(COMPLETE);
        let (replicas, updated) = (self.status.replicas, self.status.updated_replicas);
        if known_complete && replicas == updated {
            return;
        }
        let subject = self.subject();
        if self.is_complete(&self.status) {
            let message = format!("{subject} has successfully progressed.");
            self.set_condition(PROGRESSING, "True", COMPLETE, &message);
        } else if gets_on(before, &self.status) {
            let message = format!("{subject} is progressing.");
            self.renew_condition(PROGRESSING, "True", "ReplicaSetUpdated", &message);
        } else if self.is_late() {
            let message = format!("{subject} has timed out progressing.");
            self.set_condition(PROGRESSING, "False", TIMED_OUT, &message);
        }
    }

    fn subject(&self) -> String {
        match &self.sets.new {
            Some(new) => format!("ReplicaSet \"{}\"", new.name()),
            None => format!(
                "Deployment \"{}\"",
                self.deployment.metadata.name.as_deref().unwrap_or_default()
            ),
        }
    }

    /// All pods are of the current template and available, and no other exist.
    fn is_complete(&self, status: &DeploymentStatus) -> bool {
        let wanted = self.wanted;
        status.updated_replicas.unwrap_or(0) == wanted
            && status.replicas.unwrap_or(0) == wanted
            && status.available_replicas.unwrap_or(0) == wanted
            && status.observed_generation >= self.deployment.metadata.generation
    }

    /// Complete as the last plan saw it.
    pub(super) fn was_complete(&self) -> bool {
        self.deployment.status.as_ref().is_some_and(|status| self.is_complete(status))
    }

    fn is_late(&self) -> bool {
        let Some(condition) = self.condition(PROGRESSING) else { return false };
        match condition.reason.as_deref() {
            Some(COMPLETE) => false,
            Some(TIMED_OUT) => true,
            _ => {
                let updated =
                    condition.last_update_time.as_ref().map_or(self.now, |Time(time)| *time);
                self.now.duration_since(updated) > self.deadline()
            }
        }
    }

    /// When to look whether the deadline has passed, if a rollout is under way.
    pub(super) fn deadline_in(&self) -> Option<Duration> {
        let condition = self.condition(PROGRESSING).filter(|_| self.has_deadline())?;
        let settled = [COMPLETE, TIMED_OUT, PAUSED];
        if condition.reason.as_deref().is_none_or(|reason| settled.contains(&reason)) {
            return None;
        }
        let updated = condition.last_update_time.as_ref()?.0;
        let left = self.deadline() + AFTER_DEADLINE - self.now.duration_since(updated);
        Duration::try_from(left).ok()
    }

    /// Passes on that the server refuses pods, the new set's first.
    fn note_refusals(&mut self) {
        let of = |set: &Draft| {
            let conditions = set.set.status.as_ref()?.conditions.clone()?;
            conditions.into_iter().find(|condition| condition.type_ == REPLICA_FAILURE)
        };
        let new = self.sets.new.as_ref().and_then(of);
        match new.or_else(|| self.sets.old.iter().find_map(of)) {
            Some(failure) => {
                let reason = failure.reason.unwrap_or_default();
                let message = failure.message.unwrap_or_default();
                self.set_condition(REPLICA_FAILURE, &failure.status, &reason, &message);
            }
            None => self.remove_condition(REPLICA_FAILURE),
        }
    }
}

/// Whether anything moved towards the new template.
fn gets_on(before: &DeploymentStatus, after: &DeploymentStatus) -> bool {
    let count = |count: Option<i32>| count.unwrap_or(0);
    let old = |status: &DeploymentStatus| count(status.replicas) - count(status.updated_replicas);
    count(after.updated_replicas) > count(before.updated_replicas)
        || old(after) < old(before)
        || count(after.ready_replicas) > count(before.ready_replicas)
        || count(after.available_replicas) > count(before.available_replicas)
}
