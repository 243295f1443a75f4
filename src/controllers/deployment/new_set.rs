//! The set of the current template: found and renumbered, or made.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::draft::Draft;
use super::rollout::Work;
use super::template::{self, HASH_LABEL};
use super::{annotations, progress, rollout};
use crate::ownership::controller_reference;

impl Work<'_> {
    /// Gives the set of the current template the highest revision and the Deployment's annotations.
    pub(super) fn renumber(&mut self) {
        let revision = self.next_revision();
        let inherited = annotations::inherited(&self.deployment.metadata);
        let min_ready_seconds = self.spec.min_ready_seconds.unwrap_or(0);
        let Some(new) = &mut self.sets.new else { return };
        new.annotations.extend(inherited);
        if new.revision() < revision {
            let number = revision.to_string();
            if let Some(old) = new.annotations.insert(annotations::REVISION.to_owned(), number) {
                let history =
                    new.annotations.entry(annotations::REVISION_HISTORY.to_owned()).or_default();
                *history = annotations::longer_history(history, &old);
            }
        }
        new.min_ready_seconds = min_ready_seconds;
        let name = new.name().to_owned();
        self.revision = new.annotations.get(annotations::REVISION).cloned();
        if self.has_deadline() && self.condition(progress::PROGRESSING).is_none() {
            let message = format!("Found new replica set \"{name}\"");
            self.set_condition(progress::PROGRESSING, "True", "FoundNewReplicaSet", &message);
        }
    }

    fn next_revision(&self) -> i64 {
        self.sets.old.iter().map(Draft::revision).max().unwrap_or(0) + 1
    }

    /// Makes the set of the current template if there is none. When another object has its name, the next plan tries
    /// another.
    pub(super) fn make(&mut self) {
        if self.sets.new.is_some() {
            return;
        }
        let set = self.draft_set();
        let name = set.metadata.name.clone().unwrap_or_default();
        let taken =
            self.snapshot.sets.iter().any(|other| other.metadata.name.as_ref() == Some(&name));
        if taken {
            self.status.collision_count = Some(self.status.collision_count.unwrap_or(0) + 1);
            return;
        }
        let revision = self.next_revision().to_string();
        let mut draft = Draft { is_new: true, ..Draft::of(Arc::new(set)) };
        draft.annotations.extend(annotations::inherited(&self.deployment.metadata));
        draft.annotations.insert(annotations::REVISION.to_owned(), revision.clone());
        draft.replicas = 0;
        self.sets.new = Some(draft);
        let size = rollout::new_size(&self.sets, self.wanted, self.limits, self.recreates());
        if let Some(draft) = &mut self.sets.new {
            draft.resize(size, self.wanted, self.limits);
        }
        self.revision = Some(revision);
        if self.has_deadline() {
            let message = format!("Created new replica set \"{name}\"");
            self.set_condition(progress::PROGRESSING, "True", "NewReplicaSetCreated", &message);
        }
    }

    fn draft_set(&self) -> ReplicaSet {
        let meta = &self.deployment.metadata;
        let hash = template::hash(&self.spec.template, self.status.collision_count);
        let mut template = self.spec.template.clone();
        let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
        labels.insert(HASH_LABEL.to_owned(), hash.clone());
        let labels = labels.clone();
        let name = meta.name.as_deref().unwrap_or_default();
        ReplicaSet {
            metadata: ObjectMeta {
                name: Some(format!("{name}-{hash}")),
                namespace: meta.namespace.clone(),
                labels: Some(labels),
                annotations: Some(BTreeMap::new()),
                owner_references: Some(vec![controller_reference(self.deployment)]),
                ..ObjectMeta::default()
            },
            spec: Some(ReplicaSetSpec {
                replicas: Some(0),
                min_ready_seconds: self.spec.min_ready_seconds,
                selector: with_hash(&self.spec.selector, &hash),
                template: Some(template),
            }),
            status: None,
        }
    }
}

fn with_hash(selector: &LabelSelector, hash: &str) -> LabelSelector {
    let mut selector = selector.clone();
    selector.match_labels.get_or_insert_default().insert(HASH_LABEL.to_owned(), hash.to_owned());
    selector
}
