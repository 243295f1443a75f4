//! Makes as many pods as each ReplicaSet asks for.

use std::sync::Arc;

use client::{Cache, Caches, Change, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetCondition, ReplicaSetStatus};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::ownership::controller_of;
use crate::refusals::Refusals;
use crate::replication::{self, Counts, Wanted};
use crate::selector::Selector;

/// What a decision about one ReplicaSet is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) set: Arc<ReplicaSet>,
    /// Pods of the namespace that it controls or might adopt.
    pub(crate) pods: Vec<Arc<Pod>>,
    /// Pods of all sets with the same controller, to spread deletions over nodes.
    pub(crate) siblings: Vec<Arc<Pod>>,
    /// What the server said when it refused the last plan.
    pub(crate) refusal: Option<String>,
    pub(crate) now: Timestamp,
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
pub(crate) fn reconcile(snapshot: &Snapshot) -> Plan {
    let set = snapshot.set.as_ref();
    let spec = set.spec.clone().unwrap_or_default();
    let no_template = PodTemplateSpec::default();
    let wanted = Wanted {
        replicas: usize::try_from(spec.replicas.unwrap_or(1)).unwrap_or(0),
        min_ready_seconds: spec.min_ready_seconds.unwrap_or(0),
        selector: Selector::of(&spec.selector),
        template: spec.template.as_ref().unwrap_or(&no_template),
    };
    let mut plan = Plan::default();
    let group = replication::observe(set, &wanted, &snapshot.pods, snapshot.now, &mut plan);
    let status = status(snapshot, group.counts, wanted.replicas);
    if set.status.as_ref() != Some(&status) {
        plan.set_status(&ReplicaSet { status: Some(status), ..set.clone() });
    }
    replication::scale(set, &wanted, group, &snapshot.siblings, snapshot.now, &mut plan);
    plan
}

fn status(snapshot: &Snapshot, counts: Counts, wanted: usize) -> ReplicaSetStatus {
    let old = snapshot.set.status.clone().unwrap_or_default();
    let some = |count: i32| (count != 0).then_some(count);
    ReplicaSetStatus {
        replicas: counts.replicas,
        fully_labeled_replicas: some(counts.fully_labeled),
        ready_replicas: some(counts.ready),
        available_replicas: some(counts.available),
        terminating_replicas: Some(counts.terminating),
        observed_generation: snapshot.set.metadata.generation,
        conditions: conditions(snapshot, counts, wanted, old.conditions.unwrap_or_default()),
    }
}

/// `ReplicaFailure` stands while the server refuses to make or delete the pods that are missing or too many.
fn conditions(
    snapshot: &Snapshot,
    counts: Counts,
    wanted: usize,
    mut conditions: Vec<ReplicaSetCondition>,
) -> Option<Vec<ReplicaSetCondition>> {
    const KIND: &str = "ReplicaFailure";
    let missing = replication::int(wanted) > counts.replicas;
    let matches = replication::int(wanted) == counts.replicas;
    match &snapshot.refusal {
        Some(refusal) if !matches => {
            let reason = if missing { "FailedCreate" } else { "FailedDelete" };
            let known = conditions
                .iter()
                .any(|old| old.type_ == KIND && old.reason.as_deref() == Some(reason));
            if !known {
                conditions.retain(|condition| condition.type_ != KIND);
                conditions.push(ReplicaSetCondition {
                    type_: KIND.to_owned(),
                    status: "True".to_owned(),
                    reason: Some(reason.to_owned()),
                    message: Some(refusal.clone()),
                    last_transition_time: Some(Time(snapshot.now)),
                });
            }
        }
        _ => conditions.retain(|condition| condition.type_ != KIND),
    }
    (!conditions.is_empty()).then_some(conditions)
}

/// Runs [`reconcile`] for every ReplicaSet.
#[derive(Debug)]
pub(crate) struct ReplicaSets {
    sets: Cache<ReplicaSet>,
    pods: Cache<Pod>,
    refusals: Refusals,
}

impl ReplicaSets {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { sets: caches.of(), pods: caches.of(), refusals: Refusals::default() }
    }

    fn siblings(&self, set: &ReplicaSet) -> Vec<Arc<Pod>> {
        let uid = |set: &ReplicaSet| set.metadata.uid.clone().unwrap_or_default();
        let Some(owner) = controller_of(&set.metadata) else {
            return self.pods.controlled_by(&uid(set));
        };
        let sets = self.sets.controlled_by(&owner.uid);
        sets.iter().flat_map(|set| self.pods.controlled_by(&uid(set))).collect()
    }
}

impl Controller for ReplicaSets {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "replicaset-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.sets);
        watches.controlled_by::<ReplicaSet, Pod>(&self.pods);
        let sets = self.sets.clone();
        watches.on(&self.pods, move |change| adopters(&sets, change));
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        let found = self.sets.get(key);
        let refusal = self.refusals.of(key, found.as_deref());
        let set = found?;
        Some(Snapshot {
            pods: self.pods.in_namespace(&key.namespace),
            siblings: self.siblings(&set),
            refusal,
            set,
            now,
        })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }

    fn ended(&self, key: &Key, refusal: Option<&str>) {
        self.refusals.note(&self.sets, key, refusal);
    }
}

/// The sets that might adopt a pod without controller.
fn adopters(sets: &Cache<ReplicaSet>, change: &Change<Pod>) -> Vec<Key> {
    let Some(pod) = change.new.as_ref().filter(|pod| controller_of(&pod.metadata).is_none()) else {
        return Vec::new();
    };
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let mut sets = sets.in_namespace(namespace);
    sets.retain(|set| {
        set.spec.as_ref().is_some_and(|spec| Selector::of(&spec.selector).matches(&pod.metadata))
    });
    sets.iter().map(|set| Key::of(set.as_ref())).collect()
}

#[cfg(test)]
mod tests;
