//! The Deployment's sets as they will be after the plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::{Occurrence, Plan};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, ReplicaSet, ReplicaSetStatus};
use serde_json::{Value, json};

use super::limits::Limits;
use super::{annotations, template};

/// One set: as observed, and as drafted.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) set: Arc<ReplicaSet>,
    /// Not on the server yet.
    pub(super) is_new: bool,
    pub(super) replicas: i32,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) min_ready_seconds: i32,
    pub(super) deleted: bool,
}

impl Draft {
    pub(super) fn of(set: Arc<ReplicaSet>) -> Self {
        let spec = set.spec.as_ref();
        Self {
            is_new: false,
            replicas: spec.and_then(|spec| spec.replicas).unwrap_or(1),
            annotations: set.metadata.annotations.clone().unwrap_or_default(),
            min_ready_seconds: spec.and_then(|spec| spec.min_ready_seconds).unwrap_or(0),
            deleted: false,
            set,
        }
    }

    pub(super) fn name(&self) -> &str {
        self.set.metadata.name.as_deref().unwrap_or_default()
    }

    pub(super) fn created(&self) -> Timestamp {
        self.set.metadata.creation_timestamp.as_ref().map_or(Timestamp::MAX, |time| time.0)
    }

    pub(super) fn revision(&self) -> i64 {
        self.annotations.get(annotations::REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    pub(super) fn number(&self, annotation: &str) -> Option<i32> {
        self.annotations.get(annotation)?.parse().ok()
    }

    fn status(&self) -> Option<&ReplicaSetStatus> {
        self.set.status.as_ref()
    }

    /// Pods that exist, as the set last counted.
    pub(super) fn pods(&self) -> i32 {
        self.status().map_or(0, |status| status.replicas)
    }

    pub(super) fn ready(&self) -> i32 {
        self.status().and_then(|status| status.ready_replicas).unwrap_or(0)
    }

    pub(super) fn available(&self) -> i32 {
        self.status().and_then(|status| status.available_replicas).unwrap_or(0)
    }

    pub(super) fn terminating(&self) -> i32 {
        self.status().and_then(|status| status.terminating_replicas).unwrap_or(0)
    }

    /// Sets the size and, with it, the numbers that proportional scaling later compares.
    pub(super) fn resize(&mut self, replicas: i32, wanted: i32, limits: Limits) {
        self.replicas = replicas;
        let max = wanted.saturating_add(limits.surge);
        self.annotations.insert(annotations::DESIRED_REPLICAS.to_owned(), wanted.to_string());
        self.annotations.insert(annotations::MAX_REPLICAS.to_owned(), max.to_string());
    }

    /// What turns the observed set into this draft.
    pub(super) fn write(&self, deployment: &Deployment, plan: &mut Plan) {
        if self.deleted {
            plan.delete(self.set.as_ref());
            return;
        }
        let observed = Self::of(Arc::clone(&self.set));
        let from = if self.is_new { 0 } else { observed.replicas };
        if self.is_new {
            let mut set = self.set.as_ref().clone();
            set.metadata.annotations = Some(self.annotations.clone());
            set.spec.get_or_insert_default().replicas = Some(self.replicas);
            plan.create(&set);
        } else {
            let body = self.difference(&observed);
            if body == json!({}) {
                return;
            }
            plan.patch(self.set.as_ref(), body);
        }
        if from != self.replicas {
            let way = if from < self.replicas { "up" } else { "down" };
            let message = format!(
                "Scaled {way} replica set {} from {from} to {}",
                self.name(),
                self.replicas
            );
            plan.emit(Occurrence::normal(deployment, "ScalingReplicaSet", message));
        }
    }

    fn difference(&self, observed: &Self) -> Value {
        let mut body = json!({});
        if self.replicas != observed.replicas {
            body["spec"]["replicas"] = json!(self.replicas);
        }
        if self.min_ready_seconds != observed.min_ready_seconds {
            body["spec"]["minReadySeconds"] = json!(self.min_ready_seconds);
        }
        for (name, value) in &self.annotations {
            if observed.annotations.get(name) != Some(value) {
                body["metadata"]["annotations"][name] = json!(value);
            }
        }
        body
    }
}

/// The set of the current template, and the others, oldest first.
#[derive(Debug)]
pub(super) struct Sets {
    pub(super) new: Option<Draft>,
    pub(super) old: Vec<Draft>,
}

impl Sets {
    /// Finds the set of the current template: the oldest, should several match.
    pub(super) fn sort_out(spec: &DeploymentSpec, mut sets: Vec<Arc<ReplicaSet>>) -> Self {
        sets.sort_by_cached_key(|set| {
            let created = set.metadata.creation_timestamp.as_ref().map(|time| time.0);
            (created, set.metadata.name.clone())
        });
        let current = sets.iter().position(|set| {
            let template = set.spec.as_ref().and_then(|spec| spec.template.as_ref());
            template.is_some_and(|known| template::same(known, &spec.template))
        });
        let new = current.map(|index| Draft::of(sets.remove(index)));
        Self { new, old: sets.into_iter().map(Draft::of).collect() }
    }

    /// All, the old ones first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Draft> {
        self.old.iter().chain(&self.new)
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Draft> {
        self.old.iter_mut().chain(&mut self.new)
    }

    /// The sizes of all sets together.
    pub(super) fn replicas(&self) -> i32 {
        self.all().map(|set| set.replicas).sum()
    }

    /// The sizes of the old sets together.
    pub(super) fn old_replicas(&self) -> i32 {
        self.old.iter().map(|set| set.replicas).sum()
    }

    /// Available pods that will stay: a set that was just made smaller still counts the ones about to go.
    pub(super) fn lasting(&self) -> i32 {
        let lasting = |set: &Draft| {
            let size = set.set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
            set.available().min(size)
        };
        self.all().map(lasting).sum()
    }

    /// Whether the Deployment's size changed since a set in use was last sized.
    pub(super) fn need_scaling(&self, wanted: i32) -> bool {
        let mut in_use = self.all().filter(|set| set.replicas > 0);
        in_use.any(|set| {
            set.number(annotations::DESIRED_REPLICAS).is_some_and(|known| known != wanted)
        })
    }
}
