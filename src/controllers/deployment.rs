//! Rolls each Deployment's template out over `ReplicaSets`.
//!
//! A plan is drafted on copies of the sets ([`draft::Draft`]): adopting, renumbering, scaling and cleaning up all change
//! drafts, and each changed draft becomes one patch. The status comes last.

use std::sync::Arc;

use client::{Cache, Caches, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;

use crate::ownership::{claim, controller_of};
use crate::selector::Selector;
use draft::Sets;

mod annotations;
mod draft;
mod limits;
mod new_set;
mod progress;
mod rollout;
mod scaling;
mod status;
mod template;

/// What a decision about one Deployment is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) deployment: Arc<Deployment>,
    /// `ReplicaSets` of the namespace.
    pub(crate) sets: Vec<Arc<ReplicaSet>>,
    /// Pods of the sets the Deployment controls.
    pub(crate) pods: Vec<Arc<Pod>>,
    pub(crate) now: Timestamp,
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
pub(crate) fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let deployment = snapshot.deployment.as_ref();
    let spec = deployment.spec.clone().unwrap_or_default();
    let selector = Selector::of(&spec.selector);
    let mine = claim(deployment, &snapshot.sets, |set| selector.matches(&set.metadata), &mut plan);
    let sets = Sets::sort_out(&spec, mine);
    let mut work = rollout::Work::new(snapshot, &spec, sets);

    if deployment.metadata.deletion_timestamp.is_some() {
        work.count();
    } else {
        work.note_pause();
        if work.is_paused() || work.sets.need_scaling(work.wanted) {
            work.resize();
        } else if work.recreates() {
            work.recreate();
        } else {
            work.roll();
        }
    }
    work.finish(&mut plan);
    plan
}

/// Runs [`reconcile`] for every Deployment.
#[derive(Debug)]
pub(crate) struct Deployments {
    all: Cache<Deployment>,
    sets: Cache<ReplicaSet>,
    pods: Cache<Pod>,
}

impl Deployments {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { all: caches.of(), sets: caches.of(), pods: caches.of() }
    }
}

impl Controller for Deployments {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "deployment-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.all);
        watches.controlled_by::<Deployment, ReplicaSet>(&self.sets);
        let deployments = self.all.clone();
        watches.on(&self.sets, move |change| {
            let orphan = change.new.as_ref().filter(|set| controller_of(&set.metadata).is_none());
            orphan.map(|set| adopters(&deployments, set)).unwrap_or_default()
        });
        // Recreate waits until the last old pod is gone, which no status of a set tells.
        let (deployments, sets) = (self.all.clone(), self.sets.clone());
        watches.on(&self.pods, move |change| {
            let gone = change.old.as_ref().filter(|_| change.new.is_none());
            gone.and_then(|pod| waiting(&deployments, &sets, pod)).into_iter().collect()
        });
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        let deployment = self.all.get(key)?;
        let uid = deployment.metadata.uid.as_deref().unwrap_or_default();
        let controlled = self.sets.controlled_by(uid);
        let uids = controlled.iter().filter_map(|set| set.metadata.uid.as_deref());
        Some(Snapshot {
            pods: uids.flat_map(|uid| self.pods.controlled_by(uid)).collect(),
            sets: self.sets.in_namespace(&key.namespace),
            deployment,
            now,
        })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

fn adopters(deployments: &Cache<Deployment>, set: &ReplicaSet) -> Vec<Key> {
    let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
    let mut found = deployments.in_namespace(namespace);
    found.retain(|deployment| {
        let spec = deployment.spec.as_ref();
        spec.is_some_and(|spec| Selector::of(&spec.selector).matches(&set.metadata))
    });
    found.iter().map(|deployment| Key::of(deployment.as_ref())).collect()
}

/// The Deployment that might wait for the end of this pod.
fn waiting(deployments: &Cache<Deployment>, sets: &Cache<ReplicaSet>, pod: &Pod) -> Option<Key> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let owner = controller_of(&pod.metadata).filter(|owner| owner.kind == "ReplicaSet")?;
    let set = sets.get(&Key::new(namespace, &owner.name))?;
    let owner = controller_of(&set.metadata).filter(|owner| owner.kind == "Deployment")?;
    let key = Key::new(namespace, &owner.name);
    let deployment = deployments.get(&key)?;
    let strategy = deployment.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
    strategy.is_some_and(|strategy| strategy.type_.as_deref() == Some("Recreate")).then_some(key)
}

#[cfg(test)]
mod tests;
