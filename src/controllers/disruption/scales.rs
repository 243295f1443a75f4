//! How many pods the controllers of some pods want.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::{Cache, Cached, Caches, Key, Watches};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::{Pod, ReplicationController};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::ownership::controller_of;

/// What one controller wants.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    /// The object that says so: the Deployment of a ReplicaSet that has one.
    pub(super) uid: String,
    pub(super) replicas: i32,
}

/// How many pods there should be; pods that nobody controls do not count.
pub(super) fn total(pods: &[Arc<Pod>], scales: &BTreeMap<String, Scale>) -> Result<i32, String> {
    let mut distinct = BTreeMap::new();
    for pod in pods {
        let Some(controller) = controller_of(&pod.metadata) else { continue };
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let scale = scales.get(&controller.uid);
        let scale = scale.ok_or_else(|| format!("found no controllers for pod {name:?}"))?;
        distinct.insert(scale.uid.as_str(), scale.replicas);
    }
    Ok(distinct.values().fold(0, |sum: i32, replicas| sum.saturating_add(*replicas)))
}

/// The objects that say how many pods they want.
#[derive(Debug)]
pub(super) struct Scales {
    controllers: Cache<ReplicationController>,
    replica_sets: Cache<ReplicaSet>,
    deployments: Cache<Deployment>,
    stateful_sets: Cache<StatefulSet>,
}

impl Scales {
    pub(super) fn new(caches: &Caches) -> Self {
        Self {
            controllers: caches.of(),
            replica_sets: caches.of(),
            deployments: caches.of(),
            stateful_sets: caches.of(),
        }
    }

    /// A new scale is work on every budget beside it.
    pub(super) fn watch(&self, watches: &Watches<'_, Key>, budgets: &Cache<PodDisruptionBudget>) {
        watch_one(&self.controllers, controller_replicas, watches, budgets);
        watch_one(&self.replica_sets, set_replicas, watches, budgets);
        watch_one(&self.deployments, deployment_replicas, watches, budgets);
        watch_one(&self.stateful_sets, stateful_replicas, watches, budgets);
    }

    /// What the controllers of these pods want, by the uid that pods name.
    pub(super) fn of(&self, pods: &[Arc<Pod>]) -> BTreeMap<String, Scale> {
        let mut scales = BTreeMap::new();
        for pod in pods {
            let Some(owner) = controller_of(&pod.metadata) else { continue };
            if scales.contains_key(&owner.uid) {
                continue;
            }
            let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
            if let Some(scale) = self.find(namespace, owner) {
                scales.insert(owner.uid.clone(), scale);
            }
        }
        scales
    }

    fn find(&self, namespace: &str, owner: &OwnerReference) -> Option<Scale> {
        let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
        match (group, owner.kind.as_str()) {
            ("", "ReplicationController") => owned(&self.controllers, namespace, owner)
                .map(|one| scale(&*one, controller_replicas)),
            ("apps", "ReplicaSet") => {
                let set = owned(&self.replica_sets, namespace, owner)?;
                let deployment = controller_of(&set.metadata)
                    .filter(|owner| owner.kind == "Deployment")
                    .and_then(|owner| owned(&self.deployments, namespace, owner));
                Some(match deployment {
                    Some(deployment) => scale(&*deployment, deployment_replicas),
                    None => scale(&*set, set_replicas),
                })
            }
            ("apps", "StatefulSet") => owned(&self.stateful_sets, namespace, owner)
                .map(|one| scale(&*one, stateful_replicas)),
            _ => None,
        }
    }
}

/// The object a reference means, if that incarnation is still there.
fn owned<K: Cached>(cache: &Cache<K>, namespace: &str, owner: &OwnerReference) -> Option<Arc<K>> {
    let object = cache.get(&Key::new(namespace, &owner.name))?;
    (object.meta().uid.as_ref() == Some(&owner.uid)).then_some(object)
}

fn scale<K: Cached>(object: &K, replicas: fn(&K) -> Option<i32>) -> Scale {
    let uid = object.meta().uid.clone().unwrap_or_default();
    Scale { uid, replicas: replicas(object).unwrap_or(1) }
}

fn watch_one<K: Cached>(
    cache: &Cache<K>,
    replicas: fn(&K) -> Option<i32>,
    watches: &Watches<'_, Key>,
    budgets: &Cache<PodDisruptionBudget>,
) {
    let budgets = budgets.clone();
    watches.on(cache, move |change| {
        let before = change.old.as_ref().map(|object| replicas(object));
        let after = change.new.as_ref().map(|object| replicas(object));
        if before == after {
            return Vec::new();
        }
        let beside = budgets.in_namespace(&change.key().namespace);
        beside.iter().map(|budget| Key::of(budget.as_ref())).collect()
    });
}

fn controller_replicas(controller: &ReplicationController) -> Option<i32> {
    controller.spec.as_ref()?.replicas
}

fn set_replicas(set: &ReplicaSet) -> Option<i32> {
    set.spec.as_ref()?.replicas
}

fn deployment_replicas(deployment: &Deployment) -> Option<i32> {
    deployment.spec.as_ref()?.replicas
}

fn stateful_replicas(set: &StatefulSet) -> Option<i32> {
    set.spec.as_ref()?.replicas
}
