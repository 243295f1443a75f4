//! Writes decisions to the API.

use client::{EventRecorder, Key};
use k8s_openapi::api::core::v1::{Binding, ObjectReference, Pod, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tracing::{debug, warn};

use crate::demand::Demand;

/// Speaks for the scheduler.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) client: ApiClient,
    pub(crate) events: EventRecorder,
    pub(crate) clock: base::Clock,
}

/// A client that prints as nothing.
#[derive(Clone)]
pub(crate) struct ApiClient(pub(crate) kube::Client);

impl std::fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiClient").finish_non_exhaustive()
    }
}

impl Writer {
    /// Binds a pod to a node; answers whether the API agreed.
    pub(crate) async fn bind(&self, demand: &Demand, node: &str) -> bool {
        let key = demand.key();
        let binding = binding(&demand.pod, node);
        let request = self.pods(&key);
        let bound: kube::Result<Value> = request
            .create_subresource("binding", &key.name, &PostParams::default(), &binding)
            .await;
        match bound {
            Ok(_) => {
                debug!(pod = %key, node, "pod bound");
                let message = format!("Successfully assigned {key} to {node}");
                self.events.normal(demand.pod.as_ref(), "Scheduled", message);
                if let Some(ignored) = ignored(demand) {
                    self.events.warning(demand.pod.as_ref(), "ConstraintsIgnored", ignored);
                }
                true
            }
            // It is gone; the watch says so too.
            Err(kube::Error::Api(status)) if status.code == 404 => false,
            Err(error) => {
                warn!(pod = %key, node, %error, "binding refused");
                let message = format!("binding rejected: {error}");
                self.events.warning(demand.pod.as_ref(), "FailedScheduling", message);
                false
            }
        }
    }

    /// Says on the pod and in an event why it has no node.
    pub(crate) async fn refuse(&self, demand: &Demand, message: String) {
        let key = demand.key();
        let pod = demand.pod.as_ref();
        self.events.warning(pod, "FailedScheduling", message.clone());
        let Some(patch) = condition(pod, &message, self.clock.now()) else { return };
        let params = PatchParams::default();
        let patched =
            self.pods(&key).patch_status(&key.name, &params, &Patch::Strategic(patch)).await;
        match patched {
            Ok(_) => debug!(pod = %key, "pod is unschedulable"),
            // It is gone, or not as it was looked at: then it is looked at again.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => (),
            Err(error) => warn!(pod = %key, %error, "cannot say that the pod is unschedulable"),
        }
    }

    fn pods(&self, key: &Key) -> Api<Pod> {
        Api::namespaced(self.client.0.clone(), &key.namespace)
    }
}

/// What of a pod's demands about other pods this scheduler has not looked at; what the pod only prefers is no demand.
fn ignored(demand: &Demand) -> Option<String> {
    let spec = demand.spec()?;
    let affinity = spec.affinity.as_ref();
    let near = affinity.and_then(|affinity| affinity.pod_affinity.as_ref());
    let apart = affinity.and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    let required = [
        (
            "podAffinity",
            near.and_then(|near| near.required_during_scheduling_ignored_during_execution.as_ref()),
        ),
        (
            "podAntiAffinity",
            apart.and_then(|apart| {
                apart.required_during_scheduling_ignored_during_execution.as_ref()
            }),
        ),
    ];
    let required =
        required.into_iter().filter(|(_, terms)| terms.is_some_and(|all| !all.is_empty()));
    let mut names: Vec<&str> = required.map(|(name, _)| name).collect();
    let mut spread = spec.topology_spread_constraints.iter().flatten();
    if spread.any(|constraint| constraint.when_unsatisfiable == "DoNotSchedule") {
        names.push("topologySpreadConstraints");
    }
    let verb = if names.len() == 1 { "is" } else { "are" };
    (!names.is_empty()).then(|| format!("{} {verb} ignored by this scheduler", names.join(" and ")))
}

/// The uid makes sure that no other pod of the same name is bound.
fn binding(pod: &Pod, node: &str) -> Binding {
    Binding {
        metadata: ObjectMeta {
            name: pod.metadata.name.clone(),
            namespace: pod.metadata.namespace.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectMeta::default()
        },
        target: ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("Node".to_owned()),
            name: Some(node.to_owned()),
            ..ObjectReference::default()
        },
    }
}

/// The patch that says why; none if the pod says so already.
fn condition(pod: &Pod, message: &str, now: jiff::Timestamp) -> Option<Value> {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref());
    let old = conditions.unwrap_or_default().iter().find(|one| one.type_ == "PodScheduled");
    if old.is_some_and(|old| says(old, message)) {
        return None;
    }
    let since =
        old.filter(|old| old.status == "False").and_then(|old| old.last_transition_time.clone());
    let since = since.map_or_else(|| whole_seconds(now), |since| since.0);
    let condition = json!({
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
        "lastProbeTime": null,
        "lastTransitionTime": since.to_string(),
        "observedGeneration": pod.metadata.generation,
    });
    // Not of a namesake, nor of one that somebody has placed meanwhile.
    let of = json!({"uid": pod.metadata.uid, "resourceVersion": pod.metadata.resource_version});
    Some(json!({"metadata": of, "status": {"conditions": [condition]}}))
}

fn says(condition: &PodCondition, message: &str) -> bool {
    condition.status == "False"
        && condition.reason.as_deref() == Some("Unschedulable")
        && condition.message.as_deref() == Some(message)
}

/// API timestamps have no fractions.
fn whole_seconds(now: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

#[cfg(test)]
mod tests;
