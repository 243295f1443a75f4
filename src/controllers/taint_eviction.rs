//! Evicts pods from nodes with a `NoExecute` taint when their patience ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::{Cache, Caches, Controller, Key, Occurrence, Plan, Watches};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Node, Pod, Taint, Toleration};
use serde_json::json;

use crate::conditions::with_pod_condition;
use crate::pod;

/// What a decision about one pod is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) pod: Arc<Pod>,
    pub(crate) node: Arc<Node>,
    /// When the pod was first seen on a node with such a taint. Who puts a taint seldom says when, and a pod's patience
    /// begins with what it has to bear.
    pub(crate) since: Timestamp,
    pub(crate) now: Timestamp,
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
pub(crate) fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    match patience(snapshot) {
        None => {}
        Some(left) if left > SignedDuration::ZERO => {
            plan.again_in(Duration::try_from(left).unwrap_or_default());
        }
        Some(_) => evict(snapshot, &mut plan),
    }
    plan
}

/// How long the pod still bears its node's taints; none for ever.
fn patience(snapshot: &Snapshot) -> Option<SignedDuration> {
    let taints = snapshot.node.spec.as_ref()?.taints.as_deref()?;
    let spec = snapshot.pod.spec.as_ref()?;
    let tolerations = spec.tolerations.as_deref().unwrap_or_default();
    let mut shortest = None;
    for taint in taints.iter().filter(|taint| taint.effect == "NoExecute") {
        let mut bearing =
            tolerations.iter().filter(|toleration| tolerates(toleration, taint)).peekable();
        if bearing.peek().is_none() {
            return Some(SignedDuration::ZERO);
        }
        // The least patient toleration counts; without seconds it is patient for ever.
        let Some(seconds) = bearing.filter_map(|toleration| toleration.toleration_seconds).min()
        else {
            continue;
        };
        let since = taint.time_added.as_ref().map_or(snapshot.since, |time| time.0);
        let since = since.max(snapshot.since);
        let granted = SignedDuration::from_secs(seconds.max(0));
        // Users grant what they like, and the time of a taint may lie ahead.
        let left = granted.saturating_sub(snapshot.now.duration_since(since));
        shortest = Some(shortest.map_or(left, |known: SignedDuration| known.min(left)));
    }
    shortest
}

fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = toleration.effect.as_deref().unwrap_or_default();
    let key = toleration.key.as_deref().unwrap_or_default();
    let exists = toleration.operator.as_deref() == Some("Exists");
    let fits_effect = effect.is_empty() || effect == taint.effect;
    let fits_key = key.is_empty() && exists || key == taint.key;
    let value = toleration.value.as_deref().unwrap_or_default();
    fits_effect && fits_key && (exists || value == taint.value.as_deref().unwrap_or_default())
}

fn evict(snapshot: &Snapshot, plan: &mut Plan) {
    let pod = snapshot.pod.as_ref();
    let conditions = with_pod_condition(
        pod,
        "DisruptionTarget",
        "True",
        Some("DeletionByTaintManager"),
        Some("Taint manager: deleting due to NoExecute taint"),
        snapshot.now,
    );
    if let Some(conditions) = conditions {
        plan.patch_status(pod, json!({ "conditions": conditions }));
    }
    let message = format!("Marking for deletion Pod {}", Key::of(pod));
    plan.emit(Occurrence::normal(pod, "TaintManagerEviction", message));
    plan.delete(pod);
}

/// Runs [`reconcile`] for every pod on a tainted node.
#[derive(Debug)]
pub(crate) struct TaintEviction {
    nodes: Cache<Node>,
    pods: Cache<Pod>,
    /// Pods on tainted nodes, each with its uid and since when it is known to be there.
    bearing: Mutex<BTreeMap<Key, (String, Timestamp)>>,
}

impl TaintEviction {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { nodes: caches.of(), pods: caches.of(), bearing: Mutex::default() }
    }

    /// The pod and its node, if the node's taints concern it.
    fn tainted(&self, key: &Key) -> Option<(Arc<Pod>, Arc<Node>)> {
        let pod = self.pods.get(key).filter(|pod| pod::is_active(pod))?;
        let node = self.nodes.get(&Key::cluster(pod::node(&pod)))?;
        let taints = node.spec.as_ref()?.taints.as_deref()?;
        let evicts = taints.iter().any(|taint| taint.effect == "NoExecute");
        evicts.then_some((pod, node))
    }

    /// Since when the pod bears its node's taints, which is now if nobody knew.
    fn since(&self, key: &Key, pod: &Pod, now: Timestamp) -> Timestamp {
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        let mut bearing = self.bearing.lock().expect("only single operations");
        match bearing.get(key) {
            Some((known, since)) if known == uid => *since,
            _ => {
                bearing.insert(key.clone(), (uid.to_owned(), now));
                now
            }
        }
    }
}

impl Controller for TaintEviction {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "taint-eviction-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.on(&self.pods, |change| {
            let placed = change.states().next().filter(|pod| !pod::node(pod).is_empty());
            placed.map(|pod| Key::of(pod.as_ref())).into_iter().collect()
        });
        let pods = self.pods.clone();
        watches.on(&self.nodes, move |change| {
            let taints = |node: &Arc<Node>| node.spec.as_ref().and_then(|spec| spec.taints.clone());
            let before = change.old.as_ref().and_then(taints);
            let Some(node) = change.new.as_ref().filter(|node| taints(node) != before) else {
                return Vec::new();
            };
            let name = node.metadata.name.as_deref().unwrap_or_default();
            let mut on_it = pods.list();
            on_it.retain(|pod| pod::node(pod) == name);
            on_it.iter().map(|pod| Key::of(pod.as_ref())).collect()
        });
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        let Some((pod, node)) = self.tainted(key) else {
            self.bearing.lock().expect("only single operations").remove(key);
            return None;
        };
        let since = self.since(key, &pod, now);
        Some(Snapshot { pod, node, since, now })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

#[cfg(test)]
mod tests;
