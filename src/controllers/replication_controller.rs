//! Makes as many pods as each `ReplicationController` asks for: a ReplicaSet with an older spelling.

use std::sync::Arc;

use client::{Cache, Caches, Change, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Pod, PodTemplateSpec, ReplicationController, ReplicationControllerCondition,
    ReplicationControllerStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::ownership::controller_of;
use crate::refusals::Refusals;
use crate::replication::{self, Counts, Wanted};
use crate::selector::Selector;

/// What a decision about one `ReplicationController` is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    controller: Arc<ReplicationController>,
    pods: Vec<Arc<Pod>>,
    siblings: Vec<Arc<Pod>>,
    refusal: Option<String>,
    now: Timestamp,
}

fn reconcile(snapshot: &Snapshot) -> Plan {
    let controller = snapshot.controller.as_ref();
    let spec = controller.spec.clone().unwrap_or_default();
    let no_template = PodTemplateSpec::default();
    let wanted = Wanted {
        replicas: usize::try_from(spec.replicas.unwrap_or(1)).unwrap_or(0),
        min_ready_seconds: spec.min_ready_seconds.unwrap_or(0),
        selector: Selector::of_labels(spec.selector.as_ref()),
        template: spec.template.as_ref().unwrap_or(&no_template),
    };
    let mut plan = Plan::default();
    let group = replication::observe(controller, &wanted, &snapshot.pods, snapshot.now, &mut plan);
    let status = status(snapshot, group.counts, wanted.replicas);
    if controller.status.as_ref() != Some(&status) {
        plan.set_status(&ReplicationController { status: Some(status), ..controller.clone() });
    }
    replication::scale(controller, &wanted, group, &snapshot.siblings, snapshot.now, &mut plan);
    plan
}

fn status(snapshot: &Snapshot, counts: Counts, wanted: usize) -> ReplicationControllerStatus {
    let some = |count: i32| (count != 0).then_some(count);
    let old = snapshot.controller.status.clone().unwrap_or_default();
    let mut conditions = old.conditions.unwrap_or_default();
    let wanted = replication::int(wanted);
    match &snapshot.refusal {
        Some(refusal) if wanted != counts.replicas => {
            if conditions.is_empty() {
                let missing = wanted > counts.replicas;
                conditions.push(ReplicationControllerCondition {
                    type_: "ReplicaFailure".to_owned(),
                    status: "True".to_owned(),
                    reason: Some(if missing { "FailedCreate" } else { "FailedDelete" }.to_owned()),
                    message: Some(refusal.clone()),
                    last_transition_time: Some(Time(snapshot.now)),
                });
            }
        }
        _ => conditions.retain(|condition| condition.type_ != "ReplicaFailure"),
    }
    ReplicationControllerStatus {
        replicas: counts.replicas,
        fully_labeled_replicas: some(counts.fully_labeled),
        ready_replicas: some(counts.ready),
        available_replicas: some(counts.available),
        observed_generation: snapshot.controller.metadata.generation,
        conditions: (!conditions.is_empty()).then_some(conditions),
    }
}

/// Runs [`reconcile`] for every `ReplicationController`.
#[derive(Debug)]
pub(crate) struct ReplicationControllers {
    controllers: Cache<ReplicationController>,
    pods: Cache<Pod>,
    refusals: Refusals,
}

impl ReplicationControllers {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { controllers: caches.of(), pods: caches.of(), refusals: Refusals::default() }
    }
}

impl Controller for ReplicationControllers {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "replication-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.controllers);
        watches.controlled_by::<ReplicationController, Pod>(&self.pods);
        let controllers = self.controllers.clone();
        watches.on(&self.pods, move |change| adopters(&controllers, change));
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        let found = self.controllers.get(key);
        let refusal = self.refusals.of(key, found.as_deref());
        let controller = found?;
        let uid = controller.metadata.uid.as_deref().unwrap_or_default();
        Some(Snapshot {
            pods: self.pods.in_namespace(&key.namespace),
            siblings: self.pods.controlled_by(uid),
            refusal,
            controller,
            now,
        })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }

    fn ended(&self, key: &Key, refusal: Option<&str>) {
        self.refusals.note(&self.controllers, key, refusal);
    }
}

fn adopters(controllers: &Cache<ReplicationController>, change: &Change<Pod>) -> Vec<Key> {
    let Some(pod) = change.new.as_ref().filter(|pod| controller_of(&pod.metadata).is_none()) else {
        return Vec::new();
    };
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let mut found = controllers.in_namespace(namespace);
    found.retain(|controller| {
        let selector = controller.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        Selector::of_labels(selector).matches(&pod.metadata)
    });
    found.iter().map(|controller| Key::of(controller.as_ref())).collect()
}
