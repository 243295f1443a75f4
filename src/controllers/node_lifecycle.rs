//! Notices nodes that fall silent: conditions, taints, and pods that no longer count as ready.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::{Cache, Caches, Controller, Key, Occurrence, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Node, NodeCondition, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::runtime::watcher;
use serde_json::json;
use tokio::time::Instant;

use crate::conditions::with_pod_condition;
use crate::pod;
use taints::wanted_taints;
use zone::Outage;

mod taints;
mod zone;

/// Where nodes renew their leases.
const LEASES: &str = "kube-node-lease";
/// Silence after which nobody knows how a node is; Kubernetes' default since 1.32.
const GRACE: Duration = Duration::from_secs(50);
/// Silence granted to a node that has not spoken since this controller (or the node) began.
const STARTUP_GRACE: Duration = Duration::from_mins(1);
/// Conditions a node reports itself, and so the ones that its silence makes unknown.
const REPORTED: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// What a decision about one node is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) node: Arc<Node>,
    /// Pods bound to it.
    pub(crate) pods: Vec<Arc<Pod>>,
    /// How long it has said nothing.
    pub(crate) silence: Duration,
    /// Whether it has said anything yet.
    pub(crate) heard: bool,
    /// How much of its zone is down.
    pub(crate) outage: Outage,
    /// Whether its pods have not been told yet that it is not ready.
    pub(crate) doubts: bool,
    pub(crate) now: Timestamp,
}

impl Snapshot {
    fn grace(&self) -> Duration {
        if self.heard { GRACE } else { STARTUP_GRACE }
    }

    fn is_silent(&self) -> bool {
        self.silence > self.grace()
    }

    fn is_down(&self) -> bool {
        self.is_silent() || ready_status(&self.node).is_some_and(|ready| ready != "True")
    }
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
pub(crate) fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let node = snapshot.node.as_ref();
    if !snapshot.is_silent() {
        let left = snapshot.grace().saturating_sub(snapshot.silence);
        plan.again_in(left + Duration::from_secs(1));
    }
    let mut after = node.clone();
    if snapshot.is_silent() {
        forget_conditions(&mut after, snapshot.now);
    }
    let taints = wanted_taints(&after, snapshot.outage, snapshot.now);
    let present = node.spec.as_ref().and_then(|spec| spec.taints.clone()).unwrap_or_default();
    if taints != present {
        plan.patch(node, json!({ "spec": { "taints": taints } }));
    }
    if after.status != node.status {
        let conditions = after.status.as_ref().and_then(|status| status.conditions.clone());
        plan.patch_status(node, json!({ "conditions": conditions }));
    }
    if snapshot.is_down() && is_ready(node) {
        let message = format!("Node {} status is now: NodeNotReady", name(node));
        plan.emit(Occurrence::normal(node, "NodeNotReady", message));
    }
    if snapshot.is_down() && snapshot.doubts {
        snapshot.pods.iter().for_each(|pod| doubt(pod, snapshot.now, &mut plan));
    }
    plan
}

fn name(node: &Node) -> &str {
    node.metadata.name.as_deref().unwrap_or_default()
}

/// The status of the node's Ready condition, if it has one.
pub(crate) fn ready_status(node: &Node) -> Option<&str> {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let mut ready = conditions.filter(|condition| condition.type_ == "Ready");
    ready.next().map(|ready| ready.status.as_str())
}

/// Whether the node says that it is ready.
pub(crate) fn is_ready(node: &Node) -> bool {
    ready_status(node) == Some("True")
}

fn forget_conditions(node: &mut Node, now: Timestamp) {
    let created = node.metadata.creation_timestamp.clone();
    let conditions = node.status.get_or_insert_default().conditions.get_or_insert_default();
    for kind in REPORTED {
        match conditions.iter_mut().find(|condition| condition.type_ == kind) {
            Some(known) if known.status == "Unknown" => {}
            Some(known) => {
                "Unknown".clone_into(&mut known.status);
                known.reason = Some("NodeStatusUnknown".to_owned());
                known.message = Some("Kubelet stopped posting node status.".to_owned());
                known.last_transition_time = Some(Time(now));
            }
            None => conditions.push(NodeCondition {
                type_: kind.to_owned(),
                status: "Unknown".to_owned(),
                reason: Some("NodeStatusNeverUpdated".to_owned()),
                message: Some("Kubelet never posted node status.".to_owned()),
                last_heartbeat_time: created.clone(),
                last_transition_time: Some(Time(now)),
            }),
        }
    }
}

/// A pod on a node that is not ready is not ready either.
fn doubt(pod: &Pod, now: Timestamp, plan: &mut Plan) {
    if !pod::is_ready(pod) {
        return;
    }
    if let Some(conditions) = with_pod_condition(pod, "Ready", "False", None, None, now) {
        plan.patch_status(pod, json!({ "conditions": conditions }));
        plan.emit(Occurrence::warning(pod, "NodeNotReady", "Node is not ready"));
    }
}

/// When a node last spoke, on this process's clock, which nobody sets: the clocks of nodes are not trusted.
#[derive(Debug)]
struct Heard {
    words: String,
    at: Instant,
    /// Whether the words have changed since they were first seen.
    alive: bool,
}

/// Whether the pods of a node that is not ready have been told so. They are told once: whoever says later that one is
/// ready runs it, and knows better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubts {
    Raised,
    Told,
}

/// Runs [`reconcile`] for every node.
#[derive(Debug)]
pub(crate) struct NodeLifecycle {
    nodes: Cache<Node>,
    leases: Cache<Lease>,
    pods: Cache<Pod>,
    /// Bounded by the nodes that exist.
    heard: Mutex<BTreeMap<String, Heard>>,
    /// Of nodes that are not ready.
    doubts: Mutex<BTreeMap<String, Doubts>>,
}

impl NodeLifecycle {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self {
            nodes: caches.of(),
            leases: caches.part(Some(LEASES), watcher::Config::default()),
            pods: caches.of(),
            heard: Mutex::default(),
            doubts: Mutex::default(),
        }
    }

    /// How long the node has been silent, and whether it has spoken at all.
    fn listen(&self, node: &Node) -> (Duration, bool) {
        let now = Instant::now();
        let name = name(node).to_owned();
        let lease = self.leases.get(&Key::new(LEASES, &name));
        let renewed = lease.and_then(|lease| lease.spec.as_ref()?.renew_time.clone());
        let beats = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
        let beats: Vec<_> =
            beats.filter_map(|condition| condition.last_heartbeat_time.as_ref()).collect();
        let words = format!("{:?} {renewed:?} {:?}", node.metadata.uid, beats.iter().max());
        let spoke = renewed.is_some() || !beats.is_empty();
        let mut heard = self.heard.lock().expect("only single operations");
        let known = heard.entry(name).or_insert_with(|| Heard {
            words: words.clone(),
            at: now,
            alive: spoke,
        });
        if known.words != words {
            *known = Heard { words, at: now, alive: spoke };
        }
        (now.saturating_duration_since(known.at), known.alive)
    }

    fn outage(&self, node: &Node) -> Outage {
        let zone = zone::of(node);
        let nodes = self.nodes.list();
        let mates = nodes.iter().filter(|mate| zone::of(mate) == zone);
        Outage::among(mates.map(|mate| is_ready(mate)))
    }
}

impl Controller for NodeLifecycle {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "node-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        // A node that comes or goes changes how much of its zone is down, so all are looked at.
        let nodes = self.nodes.clone();
        watches.on(&self.nodes, move |change| {
            let states: Vec<_> = change.states().map(|node| is_ready(node)).collect();
            if states.len() == 2 && states[0] == states[1] {
                return vec![change.key()];
            }
            let mut keys: Vec<_> = nodes.list().iter().map(|node| Key::of(node.as_ref())).collect();
            keys.push(change.key());
            keys
        });
        watches.on(&self.leases, |change| vec![Key::cluster(change.key().name)]);
        watches.on(&self.pods, |change| {
            let placed =
                change.new.as_ref().map(|pod| pod::node(pod)).filter(|node| !node.is_empty());
            let before = change.old.as_ref().map(|pod| pod::node(pod));
            placed.filter(|_| before != placed).map(Key::cluster).into_iter().collect()
        });
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        let Some(node) = self.nodes.get(key) else {
            self.heard.lock().expect("only single operations").remove(&key.name);
            self.doubts.lock().expect("only single operations").remove(&key.name);
            return None;
        };
        let (silence, heard) = self.listen(&node);
        let outage = self.outage(&node);
        let suspicious = silence > GRACE || !is_ready(&node);
        let mut pods = if suspicious { self.pods.list() } else { Vec::new() };
        pods.retain(|pod| pod::node(pod) == key.name);
        let doubts = self.doubts.lock().expect("only single operations");
        let doubts = doubts.get(&key.name) != Some(&Doubts::Told);
        Some(Snapshot { node, pods, silence, heard, outage, doubts, now })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        let mut doubts = self.doubts.lock().expect("only single operations");
        if snapshot.is_down() {
            doubts.entry(name(&snapshot.node).to_owned()).or_insert(Doubts::Raised);
        } else {
            doubts.remove(name(&snapshot.node));
        }
        reconcile(snapshot)
    }

    fn ended(&self, key: &Key, refusal: Option<&str>) {
        let mut doubts = self.doubts.lock().expect("only single operations");
        if refusal.is_none()
            && let Some(raised) = doubts.get_mut(&key.name)
        {
            *raised = Doubts::Told;
        }
    }
}

#[cfg(test)]
mod tests;
