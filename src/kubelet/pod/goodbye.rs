//! What others ask of a pod, and its end.

use super::Owner;
use crate::lifecycle::{ContainerRecord, Phase};

impl Owner {
    /// Removes what outlives the containers: the logs, and volumes that an earlier process left.
    pub(super) fn forget(&mut self) {
        if let Err(error) = self.site.volumes.remove(self.uid()) {
            tracing::warn!(%error, "cannot remove a pod's volumes");
        }
        self.site.logs.remove(&self.pod);
        self.forgotten = true;
    }

    /// The number of the incarnation whose log is asked for, or why there is none, as Kubernetes says it.
    pub(super) fn log_of(&self, name: &str, previous: bool) -> Result<u32, String> {
        let pod = self.name();
        let index = self.policy.containers.iter().position(|one| one.name == name);
        let Some(index) = index else {
            return Err(format!("container \"{name}\" in pod \"{pod}\" is not available"));
        };
        let record = &self.state.containers[index];
        if previous {
            return previous_incarnation(record).ok_or_else(|| {
                format!("previous terminated container \"{name}\" in pod \"{pod}\" not found")
            });
        }
        if record.ever_started {
            return Ok(record.restarts);
        }
        let why = match &record.phase {
            Phase::NoImage { setback, .. } => match setback.reason.as_str() {
                "ErrImagePull" => "image can't be pulled",
                "ImagePullBackOff" => "trying and failing to pull image",
                other => other,
            },
            Phase::Unstartable { setback, .. } => &setback.reason,
            _ if self
                .policy
                .containers
                .iter()
                .any(|one| one.role != crate::lifecycle::Role::Main) =>
            {
                "PodInitializing"
            }
            _ => "ContainerCreating",
        };
        Err(format!("container \"{name}\" in pod \"{pod}\" is waiting to start: {why}"))
    }
}

/// The incarnation before the current one. While none runs, the latest one is the previous one's
/// successor still, as in Kubernetes: what `lastState` shows is what is read.
fn previous_incarnation(record: &ContainerRecord) -> Option<u32> {
    record.last.as_ref()?;
    match record.phase {
        Phase::BackOff { .. } => Some(record.restarts),
        _ => record.restarts.checked_sub(1),
    }
}
