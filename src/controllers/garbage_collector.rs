//! Deletes what its owners left behind, in the order and manner that the owner's deletion asked for.
//!
//! The graph is the caches' own: owners are looked up in the metadata caches of all resources, and [`graph::Dependents`]
//! knows the way back. A cache may lag, so an owner counts as gone only after the server itself has said so.

use std::sync::Arc;
use std::time::Duration;

use client::{
    Action, Controller, Deletion, Key, Occurrence, Patch, Plan, Propagation, Requirement, Severity,
    Target, Watches,
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde_json::json;

use crate::resources::{Meta, Resources};
use graph::Dependents;

mod graph;

/// The finalizer of an object that goes after its dependents.
const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of an object whose dependents stay.
const ORPHAN: &str = "orphan";

/// When an owner of an unknown kind is looked at again: the kind may have been defined a moment ago.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// When it is looked again whether all dependents are known.
const SEE_AGAIN: Duration = Duration::from_secs(1);

/// What became of an owner.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Owner {
    /// It exists, or nobody will ever tell.
    Solid,
    /// Its kind is not known, or not yet.
    Unknown,
    /// It exists and waits for its dependents to go.
    Waiting,
    /// The caches do not have it; where to ask for it.
    Absent(Target),
    /// A cluster-scoped object cannot belong to a namespaced one.
    Invalid,
}

/// An object that depends on another.
#[derive(Debug, Clone)]
pub(crate) struct Dependent {
    pub(crate) target: Target,
    pub(crate) meta: ObjectMeta,
}

/// What a decision about one object is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) target: Target,
    pub(crate) object: Arc<Meta>,
    pub(crate) owners: Vec<(OwnerReference, Owner)>,
    pub(crate) dependents: Vec<Dependent>,
    /// Whether there may be more of them, of a resource that is about to be listed.
    pub(crate) incomplete: bool,
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
pub(crate) fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let meta = &snapshot.object.metadata;
    if meta.deletion_timestamp.is_some() {
        if has_finalizer(meta, ORPHAN) {
            orphan(snapshot, &mut plan);
        } else if has_finalizer(meta, FOREGROUND) {
            wait_for_dependents(snapshot, &mut plan);
        }
        return plan;
    }
    report_invalid(snapshot, &mut plan);
    if !snapshot.owners.is_empty() {
        follow_owners(snapshot, &mut plan);
    }
    plan
}

pub(crate) fn has_finalizer(meta: &ObjectMeta, name: &str) -> bool {
    meta.finalizers.iter().flatten().any(|finalizer| finalizer == name)
}

/// One solid owner keeps an object; the others are struck from it. Without one it goes.
fn follow_owners(snapshot: &Snapshot, plan: &mut Plan) {
    if snapshot.owners.iter().any(|(_, owner)| *owner == Owner::Unknown) {
        plan.again_in(LOOK_AGAIN);
    }
    let solid = |owner: &Owner| matches!(owner, Owner::Solid | Owner::Unknown | Owner::Invalid);
    let (kept, lost): (Vec<_>, Vec<_>) =
        snapshot.owners.iter().partition(|(_, owner)| solid(owner));
    if lost.is_empty() {
        return;
    }
    for (reference, owner) in &lost {
        if let Owner::Absent(target) = owner {
            let (target, uid) = (target.clone(), Some(reference.uid.clone()));
            plan.push(Action::Require(Requirement::Absent { target, uid }));
        }
    }
    if !kept.is_empty() {
        let references: Vec<_> = kept.iter().map(|(reference, _)| reference).collect();
        patch(
            &snapshot.target,
            &snapshot.object.metadata,
            "ownerReferences",
            json!(references),
            plan,
        );
        return;
    }
    let waiting = lost.iter().any(|(_, owner)| *owner == Owner::Waiting);
    let meta = &snapshot.object.metadata;
    let propagation =
        if waiting && !snapshot.dependents.is_empty() || has_finalizer(meta, FOREGROUND) {
            Propagation::Foreground
        } else if has_finalizer(meta, ORPHAN) {
            Propagation::Orphan
        } else {
            Propagation::Background
        };
    plan.push(Action::Delete(Deletion {
        resource_version: meta.resource_version.clone(),
        propagation,
        ..Deletion::of(snapshot.target.clone(), meta.uid.clone())
    }));
}

/// A waiting object goes when no dependent is left that holds it up.
fn wait_for_dependents(snapshot: &Snapshot, plan: &mut Plan) {
    let uid = snapshot.object.metadata.uid.as_deref().unwrap_or_default();
    let blocked = snapshot.dependents.iter().any(|dependent| {
        let references = dependent.meta.owner_references.iter().flatten();
        references
            .filter(|reference| reference.uid == uid)
            .any(|reference| reference.block_owner_deletion == Some(true))
    });
    if !blocked {
        drop_finalizer(snapshot, FOREGROUND, plan);
    }
}

/// Strikes the object from its dependents, and lets it go when none is left. The caches of those that were struck have
/// then passed the object's deletion, so that no dependent of that kind is missed that was made before.
fn orphan(snapshot: &Snapshot, plan: &mut Plan) {
    if snapshot.incomplete {
        // A dependent that still named it afterwards would be collected. What cannot be listed for long is not waited for.
        plan.again_in(SEE_AGAIN);
        return;
    }
    let uid = snapshot.object.metadata.uid.as_deref().unwrap_or_default();
    for dependent in &snapshot.dependents {
        let references = dependent.meta.owner_references.iter().flatten();
        let kept: Vec<_> = references.filter(|reference| reference.uid != uid).collect();
        patch(&dependent.target, &dependent.meta, "ownerReferences", json!(kept), plan);
    }
    if snapshot.dependents.is_empty() {
        drop_finalizer(snapshot, ORPHAN, plan);
    }
}

fn drop_finalizer(snapshot: &Snapshot, name: &str, plan: &mut Plan) {
    let meta = &snapshot.object.metadata;
    let kept: Vec<_> = meta.finalizers.iter().flatten().filter(|known| *known != name).collect();
    patch(&snapshot.target, meta, "finalizers", json!(kept), plan);
}

fn patch(
    target: &Target,
    meta: &ObjectMeta,
    field: &str,
    value: serde_json::Value,
    plan: &mut Plan,
) {
    let body = json!({ "metadata": { "resourceVersion": meta.resource_version, field: value } });
    let target = target.clone();
    plan.push(Action::Patch(Box::new(Patch { target, subresource: "", body })));
}

fn report_invalid(snapshot: &Snapshot, plan: &mut Plan) {
    for (reference, _) in snapshot.owners.iter().filter(|(_, owner)| *owner == Owner::Invalid) {
        let resource = &snapshot.target.resource;
        let regarding = ObjectReference {
            api_version: Some(resource.api_version()),
            kind: Some(resource.kind.to_string()),
            name: Some(snapshot.target.key.name.clone()),
            uid: snapshot.object.metadata.uid.clone(),
            ..ObjectReference::default()
        };
        let message = format!(
            "ownerRef [{}/{}, namespace: , name: {}, uid: {}] does not exist in namespace \"\"",
            reference.api_version, reference.kind, reference.name, reference.uid
        );
        plan.emit(Occurrence::new(
            regarding,
            Severity::Warning,
            "OwnerRefInvalidNamespace",
            message,
        ));
    }
}

/// Runs [`reconcile`] for every object that has owners or waits for dependents.
#[derive(Debug)]
pub(crate) struct GarbageCollector {
    resources: Resources,
    dependents: Arc<Dependents>,
}

impl GarbageCollector {
    pub(crate) fn new(resources: &Resources) -> Self {
        Self { resources: resources.clone(), dependents: Arc::default() }
    }

    fn owner(&self, reference: &OwnerReference, namespace: &str) -> Owner {
        // A kind nobody knows may be one whose definition was deleted; its objects are not ours to judge.
        let Some(known) = self.resources.find(&reference.api_version, &reference.kind) else {
            return Owner::Unknown;
        };
        let Some(objects) = known.objects else { return Owner::Solid };
        if !objects.is_ready() {
            return Owner::Unknown;
        }
        if known.namespaced && namespace.is_empty() {
            return Owner::Invalid;
        }
        let namespace = if known.namespaced { namespace } else { "" };
        let key = Key::new(namespace, &reference.name);
        match objects
            .get(&key)
            .filter(|object| object.metadata.uid.as_ref() == Some(&reference.uid))
        {
            None => Owner::Absent(Target { resource: known.resource, key }),
            Some(owner) if waits(&owner.metadata) => Owner::Waiting,
            Some(_) => Owner::Solid,
        }
    }

    fn object(&self, target: &Target) -> Option<Arc<Meta>> {
        self.resources.of(&target.resource)?.objects?.get(&target.key)
    }
}

/// Being deleted, after its dependents.
fn waits(meta: &ObjectMeta) -> bool {
    meta.deletion_timestamp.is_some() && has_finalizer(meta, FOREGROUND)
}

impl Controller for GarbageCollector {
    type Key = Target;
    type Snapshot = Snapshot;
    const NAME: &'static str = "garbage-collector-controller";

    fn watches(&self, watches: &Watches<'_, Target>) {
        let queue = watches.queue().clone();
        let dependents = Arc::clone(&self.dependents);
        self.resources.on_change(move |resource, change| {
            dependents.note(resource, change);
            for target in dependents.concerned(resource, change) {
                queue.add(target);
            }
        });
    }

    fn observe(&self, target: &Target, _now: Timestamp) -> Option<Snapshot> {
        let object = self.object(target)?;
        let meta = &object.metadata;
        let references = meta.owner_references.clone().unwrap_or_default();
        let owners = references.into_iter().map(|reference| {
            let owner = self.owner(&reference, &target.key.namespace);
            (reference, owner)
        });
        let dependents = self.dependents.of(meta.uid.as_deref().unwrap_or_default());
        let dependents = dependents.into_iter().filter_map(|target| {
            let meta = self.object(&target)?.metadata.clone();
            Some(Dependent { target, meta })
        });
        Some(Snapshot {
            target: target.clone(),
            owners: owners.collect(),
            dependents: dependents.collect(),
            incomplete: self.resources.are_incomplete(),
            object,
        })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

#[cfg(test)]
mod tests;
