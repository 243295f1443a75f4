//! Owner references: who controls an object, adopting orphans, letting go of what no longer matches.

use std::sync::Arc;

use client::{Action, Cached, Plan, Requirement, Target};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde_json::json;

/// The reference that makes `owner` the controller of another object.
pub(crate) fn controller_reference<K: Cached>(owner: &K) -> OwnerReference {
    let meta = owner.meta();
    OwnerReference {
        api_version: K::api_version(&()).into_owned(),
        kind: K::kind(&()).into_owned(),
        name: meta.name.clone().unwrap_or_default(),
        uid: meta.uid.clone().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// The reference to the object's controller.
pub(crate) fn controller_of(meta: &ObjectMeta) -> Option<&OwnerReference> {
    let owners = meta.owner_references.as_deref().unwrap_or_default();
    owners.iter().find(|owner| owner.controller == Some(true))
}

/// Splits `candidates` into those the owner controls after this plan; adopts and releases on the way.
///
/// An owner that is being deleted adopts nothing, and what is being deleted is not adopted. The caches may not know yet
/// that the owner is being deleted, and its dependents set free, so the server is asked before anything is adopted.
pub(crate) fn claim<Owner: Cached, K: Cached>(
    owner: &Owner,
    candidates: &[Arc<K>],
    matches: impl Fn(&K) -> bool,
    plan: &mut Plan,
) -> Vec<Arc<K>> {
    let me = controller_reference(owner);
    let leaving = owner.meta().deletion_timestamp.is_some();
    let (mut mine, mut asked) = (Vec::new(), false);
    for candidate in candidates {
        let meta = candidate.meta();
        match controller_of(meta) {
            Some(controller) if controller.uid == me.uid => {
                if matches(candidate) {
                    mine.push(Arc::clone(candidate));
                } else if !leaving {
                    release(candidate.as_ref(), &me.uid, plan);
                }
            }
            Some(_) => {}
            None if leaving || meta.deletion_timestamp.is_some() || !matches(candidate) => {}
            None => {
                if !asked {
                    let uid = me.uid.clone();
                    plan.push(Action::Require(Requirement::Alive {
                        target: Target::of(owner),
                        uid,
                    }));
                    asked = true;
                }
                adopt(candidate.as_ref(), &me, plan);
                mine.push(Arc::clone(candidate));
            }
        }
    }
    mine
}

fn adopt<K: Cached>(object: &K, me: &OwnerReference, plan: &mut Plan) {
    let mut owners = object.meta().owner_references.clone().unwrap_or_default();
    owners.retain(|owner| owner.uid != me.uid);
    owners.push(me.clone());
    plan.patch(object, json!({ "metadata": { "ownerReferences": owners } }));
}

fn release<K: Cached>(object: &K, uid: &str, plan: &mut Plan) {
    let mut owners = object.meta().owner_references.clone().unwrap_or_default();
    owners.retain(|owner| owner.uid != uid);
    plan.patch(object, json!({ "metadata": { "ownerReferences": owners } }));
}
