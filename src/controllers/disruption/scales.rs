//! How many pods the controllers of some pods want.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::Tasks;
use client::{Cache, Cached, Caches, Key, Watches};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::{Pod, ReplicationController};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::custom::Custom;
use crate::ownership::controller_of;
use crate::resources::Resources;

/// What one controller wants.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    /// The object that says so: the Deployment of a ReplicaSet that has one.
    pub(super) uid: String,
    pub(super) replicas: i32,
}

/// How many pods there should be; pods that nobody controls do not count.
pub(super) fn total(
    pods: &[Arc<Pod>],
    scales: &BTreeMap<String, Result<Scale, String>>,
) -> Result<i32, String> {
    let mut distinct = BTreeMap::new();
    for pod in pods {
        let Some(controller) = controller_of(&pod.metadata) else { continue };
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let scale = scales.get(&controller.uid);
        let scale = scale.ok_or_else(|| format!("found no controllers for pod {name:?}"))?;
        let scale = scale.as_ref().map_err(String::clone)?;
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
    custom: Custom,
}

/// What is known of a controller.
pub(super) enum Found {
    Scale(Scale),
    /// It is not there, or no longer.
    Nobody,
    /// It cannot say, and why.
    Mute(String),
    /// It has been asked.
    Pending,
}

impl Scales {
    pub(super) fn new(caches: &Caches, resources: &Resources, tasks: &Tasks) -> Self {
        Self {
            custom: Custom::new(caches.client(), resources, tasks),
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
        self.custom.watch(watches.queue(), budgets);
    }

    /// What the controllers of these pods want, by the uid that pods name; none while some have yet to answer.
    pub(super) fn of(&self, pods: &[Arc<Pod>]) -> Option<BTreeMap<String, Result<Scale, String>>> {
        let mut scales = BTreeMap::new();
        let mut is_complete = true;
        for pod in pods {
            let Some(owner) = controller_of(&pod.metadata) else { continue };
            if scales.contains_key(&owner.uid) {
                continue;
            }
            let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
            let found = match self.find(namespace, owner) {
                Found::Scale(scale) => Ok(scale),
                Found::Mute(why) => Err(why),
                Found::Nobody => continue,
                Found::Pending => {
                    is_complete = false;
                    continue;
                }
            };
            scales.insert(owner.uid.clone(), found);
        }
        is_complete.then_some(scales)
    }

    fn find(&self, namespace: &str, owner: &OwnerReference) -> Found {
        let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
        let found = match (group, owner.kind.as_str()) {
            ("", "ReplicationController") => owned(&self.controllers, namespace, owner)
                .map(|one| scale(&*one, controller_replicas)),
            ("apps", "ReplicaSet") => self.of_set(namespace, owner),
            ("apps", "StatefulSet") => owned(&self.stateful_sets, namespace, owner)
                .map(|one| scale(&*one, stateful_replicas)),
            _ => return self.custom.find(namespace, owner),
        };
        found.map_or(Found::Nobody, Found::Scale)
    }

    fn of_set(&self, namespace: &str, owner: &OwnerReference) -> Option<Scale> {
        let set = owned(&self.replica_sets, namespace, owner)?;
        let deployment = controller_of(&set.metadata)
            .filter(|owner| owner.kind == "Deployment")
            .and_then(|owner| owned(&self.deployments, namespace, owner));
        Some(match deployment {
            Some(deployment) => scale(&*deployment, deployment_replicas),
            None => scale(&*set, set_replicas),
        })
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
