//! The two ways to replace old pods by new ones, and the size of the new set.

use client::Plan;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStatus};

use super::draft::{Draft, Sets};
use super::limits::Limits;
use super::{Snapshot, annotations};
use crate::pod;

/// Old sets that are kept for a rollback when the Deployment does not say; the API's default.
const HISTORY: i32 = 10;

/// A plan in the making.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) deployment: &'a Deployment,
    pub(super) spec: &'a DeploymentSpec,
    pub(super) sets: Sets,
    pub(super) wanted: i32,
    pub(super) limits: Limits,
    /// The status the plan writes.
    pub(super) status: DeploymentStatus,
    /// The revision the Deployment should show.
    pub(super) revision: Option<String>,
    pub(super) now: Timestamp,
}

impl<'a> Work<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, spec: &'a DeploymentSpec, sets: Sets) -> Self {
        Self {
            snapshot,
            deployment: &snapshot.deployment,
            spec,
            sets,
            wanted: spec.replicas.unwrap_or(1),
            limits: Limits::of(spec),
            status: snapshot.deployment.status.clone().unwrap_or_default(),
            revision: None,
            now: snapshot.now,
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.spec.paused == Some(true)
    }

    pub(super) fn recreates(&self) -> bool {
        let strategy = self.spec.strategy.as_ref();
        strategy.is_some_and(|strategy| strategy.type_.as_deref() == Some("Recreate"))
    }

    /// Grows the new set as far as the surge allows; else shrinks the old ones as far as availability allows.
    pub(super) fn roll(&mut self) {
        self.renumber();
        self.make();
        if self.sets.new.is_some()
            && !self.resize_new()
            && !self.shrink_old()
            && self.was_complete()
        {
            self.clean_up();
        }
        self.progress();
    }

    /// Takes all old pods down, waits until they are gone, then brings the new ones up.
    pub(super) fn recreate(&mut self) {
        self.renumber();
        let mut waits = false;
        for set in self.sets.old.iter_mut().filter(|set| set.replicas > 0) {
            set.resize(0, self.wanted, self.limits);
            waits = true;
        }
        if !waits && !self.old_pods_run() {
            self.make();
            if !self.resize_new() && self.was_complete() {
                self.clean_up();
            }
        }
        self.progress();
    }

    /// Follows a change of the Deployment's size, and a pause, without rolling on.
    pub(super) fn resize(&mut self) {
        self.renumber();
        self.scale();
        if self.is_paused() {
            self.clean_up();
        }
        self.count();
    }

    fn resize_new(&mut self) -> bool {
        let size = new_size(&self.sets, self.wanted, self.limits, self.recreates());
        match &mut self.sets.new {
            Some(new) if new.replicas != size => {
                new.resize(size, self.wanted, self.limits);
                true
            }
            _ => false,
        }
    }

    fn shrink_old(&mut self) -> bool {
        let before = self.sets.old_replicas();
        if before == 0 {
            return false;
        }
        let floor = self.wanted - self.limits.unavailable;
        let new_missing = self.sets.new.as_ref().map_or(0, |new| new.replicas - new.available());
        let spare = self.sets.replicas() - floor - new_missing;
        if spare <= 0 {
            return false;
        }
        let available = self.sets.lasting();
        self.shrink(spare, |set| set.replicas - set.available());
        self.shrink(available - floor, |set| set.replicas);
        self.sets.old_replicas() != before
    }

    /// Takes up to `budget` pods from the old sets, from each at most what `spare` says, the oldest first.
    fn shrink(&mut self, mut budget: i32, spare: impl Fn(&Draft) -> i32) {
        for set in &mut self.sets.old {
            let less = spare(set).min(budget).min(set.replicas);
            if less > 0 {
                set.resize(set.replicas - less, self.wanted, self.limits);
                budget -= less;
            }
        }
    }

    fn old_pods_run(&self) -> bool {
        if self.sets.old.iter().any(|set| set.pods() > 0) {
            return true;
        }
        let new = self.sets.new.as_ref().and_then(|new| new.set.metadata.uid.as_deref());
        self.snapshot.pods.iter().any(|pod| {
            let owner =
                crate::ownership::controller_of(&pod.metadata).map(|owner| owner.uid.as_str());
            owner != new && !pod::is_finished(pod)
        })
    }

    /// Deletes the oldest empty sets beyond the history limit.
    fn clean_up(&mut self) {
        let limit = self.spec.revision_history_limit.unwrap_or(HISTORY);
        let alive = |set: &&mut Draft| set.set.metadata.deletion_timestamp.is_none();
        let mut old: Vec<&mut Draft> = self.sets.old.iter_mut().filter(alive).collect();
        let surplus = old.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        old.sort_by_key(|set| (set.revision(), set.created()));
        for set in old.into_iter().take(surplus) {
            let status = set.set.status.as_ref();
            let observed = status.and_then(|status| status.observed_generation).unwrap_or(0);
            let settled = set.set.metadata.generation.unwrap_or(0) <= observed;
            set.deleted = set.replicas == 0 && set.pods() == 0 && settled;
        }
    }

    /// Writes the drafts, then the Deployment's revision and its status. The revision goes with the status: a write of
    /// annotations by another way would raise the generation.
    pub(super) fn finish(self, plan: &mut Plan) {
        for set in self.sets.new.iter().chain(&self.sets.old) {
            set.write(self.deployment, plan);
        }
        let mut deployment = self.deployment.clone();
        let shown = annotations::text(&deployment.metadata, annotations::REVISION);
        let revision = self.revision.as_deref().filter(|revision| shown != Some(revision));
        let changes = revision.is_some() || deployment.status.as_ref() != Some(&self.status);
        if let Some(revision) = revision {
            let annotations = deployment.metadata.annotations.get_or_insert_default();
            annotations.insert(annotations::REVISION.to_owned(), revision.to_owned());
        }
        if let Some(delay) = self.deadline_in() {
            plan.again_in(delay);
        }
        if changes {
            deployment.status = Some(self.status);
            plan.set_status(&deployment);
        }
    }
}

/// What the new set may grow or must shrink to now.
pub(super) fn new_size(sets: &Sets, wanted: i32, limits: Limits, recreates: bool) -> i32 {
    let current = sets.new.as_ref().map_or(0, |new| new.replicas);
    if recreates || current >= wanted {
        return wanted;
    }
    let room = wanted.saturating_add(limits.surge) - sets.replicas();
    current + room.clamp(0, wanted - current)
}
