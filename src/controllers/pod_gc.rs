//! Removes pods that nobody else will: of vanished nodes, deleted before they were placed, or finished long ago.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::{
    Action, Cache, Caches, Controller, Key, Plan, Requirement, Resource, Target, Watches,
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod};
use serde_json::json;
use tokio::time::Instant;

use crate::conditions::with_pod_condition;
use crate::node_lifecycle::is_ready;
use crate::pod;

/// Finished pods that may stay, for people to read their logs; Kubernetes' default.
const FINISHED: usize = 12_500;
/// How often finished pods are counted.
const COUNT_EVERY: Duration = Duration::from_secs(20);
/// How long a node must be gone before its pods are given up: it may only be registering anew.
const QUARANTINE: Duration = Duration::from_secs(40);
/// Set by people on a node that is switched off for good.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    /// One pod.
    Pod(Key),
    /// All finished pods.
    Finished,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(key) => write!(f, "{key}"),
            Self::Finished => f.write_str("finished pods"),
        }
    }
}

/// Where a pod's node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// The pod has none yet.
    None,
    /// It exists.
    Present,
    /// It exists, but people say that it is off for good.
    OutOfService,
    /// It has been gone for so long.
    Gone(Duration),
}

/// What a decision is based on.
#[derive(Debug)]
pub(crate) enum Snapshot {
    /// One pod and its node.
    Pod { pod: Arc<Pod>, home: Home, now: Timestamp },
    /// The finished pods.
    Finished { pods: Vec<Arc<Pod>>, limit: usize },
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
pub(crate) fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    match snapshot {
        Snapshot::Pod { pod, home, now } => judge(pod, *home, *now, &mut plan),
        Snapshot::Finished { pods, limit } => {
            let mut pods = pods.clone();
            pods.sort_by_key(|pod| (pod::created(pod), Key::of(pod.as_ref())));
            let surplus = pods.len().saturating_sub(*limit);
            for pod in &pods[..surplus] {
                plan.delete(pod.as_ref()).grace_seconds = Some(0);
            }
            plan.again_in(COUNT_EVERY);
        }
    }
    plan
}

fn judge(pod: &Pod, home: Home, now: Timestamp, plan: &mut Plan) {
    let leaving = pod.metadata.deletion_timestamp.is_some();
    match home {
        Home::None if leaving => remove(pod, plan),
        Home::OutOfService if leaving => {
            fail(pod, "DeletionByPodGC", "PodGC: node is out of service", now, plan);
            remove(pod, plan);
        }
        Home::Gone(since) if since >= QUARANTINE => {
            let node =
                Target { resource: Resource::of::<Node>(), key: Key::cluster(pod::node(pod)) };
            plan.push(Action::Require(Requirement::Absent { target: node, uid: None }));
            fail(pod, "DeletionByPodGC", "PodGC: node no longer exists", now, plan);
            remove(pod, plan);
        }
        Home::Gone(since) => {
            plan.again_in(QUARANTINE.saturating_sub(since));
        }
        Home::None | Home::Present | Home::OutOfService => {}
    }
}

/// Nobody will report how the pod ended, so it counts as failed.
fn fail(pod: &Pod, reason: &str, message: &str, now: Timestamp, plan: &mut Plan) {
    if pod::is_finished(pod) {
        return;
    }
    let mut status = json!({ "phase": "Failed" });
    let conditions =
        with_pod_condition(pod, "DisruptionTarget", "True", Some(reason), Some(message), now);
    if let Some(conditions) = conditions {
        status["conditions"] = json!(conditions);
    }
    plan.patch_status(pod, status);
}

fn remove(pod: &Pod, plan: &mut Plan) {
    plan.delete(pod).grace_seconds = Some(0);
}

/// Runs [`reconcile`] for every pod.
#[derive(Debug)]
pub(crate) struct PodGarbage {
    nodes: Cache<Node>,
    pods: Cache<Pod>,
    /// Since when a node that pods name has been missing. Names that no pod has go when finished pods are counted.
    missing: Arc<Mutex<BTreeMap<String, Instant>>>,
}

impl PodGarbage {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { nodes: caches.of(), pods: caches.of(), missing: Arc::default() }
    }

    fn home(&self, pod: &Pod) -> Home {
        let name = pod::node(pod);
        if name.is_empty() {
            return Home::None;
        }
        let Some(node) = self.nodes.get(&Key::cluster(name)) else {
            let mut missing = self.missing.lock().expect("only single operations");
            let since = *missing.entry(name.to_owned()).or_insert_with(Instant::now);
            return Home::Gone(since.elapsed());
        };
        let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
        let off = taints.iter().any(|taint| taint.key == OUT_OF_SERVICE);
        if off && !is_ready(&node) { Home::OutOfService } else { Home::Present }
    }
}

impl Controller for PodGarbage {
    type Key = Work;
    type Snapshot = Snapshot;
    const NAME: &'static str = "pod-garbage-collector";

    fn watches(&self, watches: &Watches<'_, Work>) {
        watches.queue().add(Work::Finished);
        let nodes = self.nodes.clone();
        watches.on(&self.pods, move |change| {
            let suspicious = change.new.as_ref().filter(|pod| {
                let leaving = pod.metadata.deletion_timestamp.is_some();
                leaving || nodes.get(&Key::cluster(pod::node(pod))).is_none()
            });
            suspicious.map(|pod| Work::Pod(Key::of(pod.as_ref()))).into_iter().collect()
        });
        let (pods, missing) = (self.pods.clone(), Arc::clone(&self.missing));
        watches.on(&self.nodes, move |change| {
            let name = change.key().name;
            if change.new.is_some() {
                missing.lock().expect("only single operations").remove(&name);
            }
            let mut on_it = pods.list();
            on_it.retain(|pod| pod::node(pod) == name);
            on_it.iter().map(|pod| Work::Pod(Key::of(pod.as_ref()))).collect()
        });
    }

    fn observe(&self, work: &Work, now: Timestamp) -> Option<Snapshot> {
        match work {
            Work::Pod(key) => {
                let pod = self.pods.get(key)?;
                Some(Snapshot::Pod { home: self.home(&pod), pod, now })
            }
            Work::Finished => {
                let mut pods = self.pods.list();
                let named: BTreeSet<&str> = pods.iter().map(|pod| pod::node(pod)).collect();
                let mut missing = self.missing.lock().expect("only single operations");
                missing.retain(|node, _| named.contains(node.as_str()));
                drop((missing, named));
                pods.retain(|pod| pod::is_finished(pod));
                Some(Snapshot::Finished { pods, limit: FINISHED })
            }
        }
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

#[cfg(test)]
mod tests;
