//! What the Deployment shows of its sets: counters and availability.

use k8s_openapi::api::apps::v1::DeploymentCondition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::draft::Draft;
use super::rollout::Work;

const AVAILABLE: &str = "Available";

impl Work<'_> {
    /// Counts pods as the sets last did.
    pub(super) fn count(&mut self) {
        let some = |count: i32| (count != 0).then_some(count);
        let sum = |value: fn(&Draft) -> i32| self.sets.all().map(value).sum::<i32>();
        let available = sum(Draft::available);
        let unavailable = (self.sets.replicas() - available).max(0);
        let (pods, ready, terminating) =
            (sum(Draft::pods), sum(Draft::ready), sum(Draft::terminating));
        let updated = self.sets.new.as_ref().map_or(0, Draft::pods);
        let status = &mut self.status;
        status.observed_generation = self.deployment.metadata.generation;
        status.replicas = some(pods);
        status.updated_replicas = some(updated);
        status.ready_replicas = some(ready);
        status.available_replicas = some(available);
        status.unavailable_replicas = some(unavailable);
        status.terminating_replicas = Some(terminating);
        if available >= self.wanted - self.limits.unavailable {
            let message = "Deployment has minimum availability.";
            self.set_condition(AVAILABLE, "True", "MinimumReplicasAvailable", message);
        } else {
            let message = "Deployment does not have minimum availability.";
            self.set_condition(AVAILABLE, "False", "MinimumReplicasUnavailable", message);
        }
    }

    pub(super) fn condition(&self, kind: &str) -> Option<&DeploymentCondition> {
        let conditions = self.status.conditions.as_deref().unwrap_or_default();
        conditions.iter().find(|condition| condition.type_ == kind)
    }

    /// Sets a condition; one that already has this status and reason stays as it is.
    pub(super) fn set_condition(&mut self, kind: &str, status: &str, reason: &str, message: &str) {
        let unchanged = self
            .condition(kind)
            .is_some_and(|old| old.status == status && old.reason.as_deref() == Some(reason));
        if !unchanged {
            self.renew_condition(kind, status, reason, message);
        }
    }

    /// Sets a condition and its update time, even when only that is new.
    pub(super) fn renew_condition(
        &mut self,
        kind: &str,
        status: &str,
        reason: &str,
        message: &str,
    ) {
        let old = self.condition(kind).filter(|old| old.status == status);
        let transition = old.and_then(|old| old.last_transition_time.clone());
        let condition = DeploymentCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            last_update_time: Some(Time(self.now)),
            last_transition_time: Some(transition.unwrap_or(Time(self.now))),
        };
        self.remove_condition(kind);
        self.status.conditions.get_or_insert_default().push(condition);
    }

    pub(super) fn remove_condition(&mut self, kind: &str) {
        if let Some(conditions) = &mut self.status.conditions {
            conditions.retain(|condition| condition.type_ != kind);
        }
    }
}
