//! All that the scheduler knows: the cluster and the queue, told of every change, asked for the next decision.

use std::sync::Arc;

use client::Key;
use k8s_openapi::api::core::v1::{Node, Pod};
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::demand::Demand;
use crate::diagnosis::Diagnosis;
use crate::place::{Placement, place};
use crate::queue::{Pending, Queue};
use crate::scheduler::SCHEDULER_NAME;

/// The scheduler without its shell.
#[derive(Debug, Default)]
pub(crate) struct State {
    cluster: Cluster,
    queue: Queue,
}

/// A decision, to be written to the API.
#[derive(Debug)]
pub(crate) enum Decision {
    /// The pod goes to this node, where it counts already.
    Bind(Arc<Demand>, String),
    /// The pod fits nowhere.
    Refuse(Arc<Demand>, Diagnosis),
}

impl State {
    /// Takes the present state of a pod; none if it is gone.
    pub(crate) fn set_pod(&mut self, key: &Key, pod: Option<Arc<Pod>>, now: Instant) {
        let Some(pod) = pod.filter(|pod| !is_finished(pod)) else {
            self.queue.remove(key);
            self.make_room(key, now);
            return;
        };
        let demand = Arc::new(Demand::of(pod));
        match assigned_node(&demand.pod) {
            Some(node) => {
                let node = node.to_owned();
                self.queue.remove(key);
                self.cluster.set_pod(&node, demand);
            }
            None => self.set_unassigned(key, demand, now),
        }
    }

    /// Takes the present state of a node; none if it is gone.
    pub(crate) fn set_node(&mut self, name: &str, node: Option<Arc<Node>>, now: Instant) {
        match node {
            Some(node) => {
                if self.cluster.set_node(node) {
                    self.queue.retry_all(now);
                }
            }
            None => self.cluster.remove_node(name),
        }
    }

    /// Decides about the pod whose turn it is.
    pub(crate) fn decide(&mut self, lot: u64, now: Instant) -> Option<Decision> {
        let demand = self.queue.pop(now)?;
        Some(match place(&demand, &self.cluster, lot) {
            Placement::On(node) => {
                self.cluster.assume(&node, Arc::clone(&demand));
                Decision::Bind(demand, node)
            }
            Placement::Nowhere(diagnosis) => {
                self.queue.refuse(&demand.key(), now);
                Decision::Refuse(demand, diagnosis)
            }
        })
    }

    /// Takes back a binding that the API refused.
    pub(crate) fn binding_failed(&mut self, demand: &Demand, now: Instant) {
        let key = demand.key();
        if self.cluster.is_assumed(&key, demand.uid()) {
            self.cluster.forget(&key, demand.uid());
            self.queue.retry_all(now);
        }
        self.queue.retry(&key, demand.uid(), now);
    }

    /// Since when a pod in hand has waited, and how often it was tried.
    pub(crate) fn waited(&self, demand: &Demand) -> Option<(Instant, u32)> {
        self.queue.waited(&demand.key())
    }

    /// How many pods wait for what.
    pub(crate) fn pending(&self) -> Pending {
        self.queue.pending()
    }

    /// When there is something to decide without any further change.
    pub(crate) fn next_wake(&self) -> Option<Instant> {
        self.queue.next_wake()
    }

    fn set_unassigned(&mut self, key: &Key, demand: Arc<Demand>, now: Instant) {
        if !self.cluster.is_assumed(key, demand.uid()) {
            // It replaces a pod of the same name.
            self.make_room(key, now);
        }
        if is_ours(&demand.pod) {
            self.queue.set(demand, now);
        } else {
            self.queue.remove(key);
        }
    }

    fn make_room(&mut self, key: &Key, now: Instant) {
        if self.cluster.remove_pod(key) {
            self.queue.retry_all(now);
        }
    }
}

/// Whether it needs nothing of its node any more.
fn is_finished(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn assigned_node(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref().filter(|name| !name.is_empty())
}

/// Whether this scheduler is to place it, now: not while it is gated or on its way out.
fn is_ours(pod: &Pod) -> bool {
    let Some(spec) = &pod.spec else { return false };
    let scheduler = spec.scheduler_name.as_deref().unwrap_or(SCHEDULER_NAME);
    scheduler == SCHEDULER_NAME
        && spec.scheduling_gates.as_ref().is_none_or(Vec::is_empty)
        && pod.metadata.deletion_timestamp.is_none()
}

#[cfg(test)]
mod tests;
