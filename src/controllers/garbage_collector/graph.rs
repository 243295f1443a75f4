//! From an owner to its dependents, and whom a change concerns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use client::{Change, Key, Resource, Target};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{FOREGROUND, ORPHAN, has_finalizer};
use crate::resources::Meta;

/// Dependents by their owners' uids, and where each owned or owning object is.
#[derive(Debug, Default)]
pub(super) struct Dependents(Mutex<Index>);

#[derive(Debug, Default)]
struct Index {
    by_owner: BTreeMap<String, BTreeSet<Target>>,
    /// Objects that wait for their dependents to go, by uid.
    waiting: BTreeMap<String, Target>,
}

impl Dependents {
    /// The objects that name an owner of this uid.
    pub(super) fn of(&self, uid: &str) -> Vec<Target> {
        let index = self.0.lock().expect("only single operations");
        index.by_owner.get(uid).into_iter().flatten().cloned().collect()
    }

    /// Follows a change.
    pub(super) fn note(&self, resource: &Resource, change: &Change<Meta>) {
        let target = Target { resource: resource.clone(), key: change.key() };
        let mut index = self.0.lock().expect("only single operations");
        if let Some(old) = &change.old {
            for uid in owner_uids(&old.metadata) {
                index.forget(uid, &target);
            }
            index.waiting.remove(old.metadata.uid.as_deref().unwrap_or_default());
        }
        if let Some(new) = &change.new {
            for uid in owner_uids(&new.metadata) {
                index.by_owner.entry(uid.to_owned()).or_default().insert(target.clone());
            }
            if is_waiting(&new.metadata) {
                index.waiting.insert(new.metadata.uid.clone().unwrap_or_default(), target);
            }
        }
    }

    /// Whom a change that was noted concerns: the object, its dependents when it goes or a namesake
    /// has taken its place, its owners when they wait.
    pub(super) fn concerned(&self, resource: &Resource, change: &Change<Meta>) -> Vec<Target> {
        let mut targets = Vec::new();
        if let Some(new) = &change.new {
            let meta = &new.metadata;
            let owned = owner_uids(meta).next().is_some();
            if owned && meta.deletion_timestamp.is_none() || is_waiting(meta) {
                targets.push(Target { resource: resource.clone(), key: Key::of(new.as_ref()) });
            }
        }
        let going = change.new.as_ref().is_none_or(|new| is_waiting(&new.metadata));
        // A watch that was interrupted shows the end of one and the beginning of its namesake as one change.
        let replaced = change.old.as_ref().zip(change.new.as_ref());
        let going =
            going || replaced.is_some_and(|(old, new)| old.metadata.uid != new.metadata.uid);
        for uid in
            change.states().filter_map(|state| state.metadata.uid.as_deref()).filter(|_| going)
        {
            targets.extend(self.of(uid));
        }
        let index = self.0.lock().expect("only single operations");
        for uid in change.states().flat_map(|state| owner_uids(&state.metadata)) {
            targets.extend(index.waiting.get(uid).cloned());
        }
        targets
    }
}

impl Index {
    fn forget(&mut self, uid: &str, target: &Target) {
        if let Some(dependents) = self.by_owner.get_mut(uid) {
            dependents.remove(target);
            if dependents.is_empty() {
                self.by_owner.remove(uid);
            }
        }
    }
}

fn owner_uids(meta: &ObjectMeta) -> impl Iterator<Item = &str> {
    meta.owner_references.iter().flatten().map(|owner| owner.uid.as_str())
}

fn is_waiting(meta: &ObjectMeta) -> bool {
    let held = has_finalizer(meta, FOREGROUND) || has_finalizer(meta, ORPHAN);
    meta.deletion_timestamp.is_some() && held
}
