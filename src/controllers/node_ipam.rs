//! Gives each node that has none a range of the pod network, no two the same.
//!
//! All nodes are one piece of work, so that no two are decided at once, and a decision is made on caches that show
//! the one before: that is what keeps nodes apart that register at the same moment.

use std::fmt;
use std::sync::Arc;

use client::{Cache, Caches, Controller, Occurrence, Plan, Watches};
use ipnet::IpNet;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use serde_json::json;

/// The size of a node's range, as Kubernetes' default has it: 254 pods with IPv4.
const NODE_PREFIX_V4: u8 = 24;
const NODE_PREFIX_V6: u8 = 64;

/// The one piece of work there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PodNetwork;

impl fmt::Display for PodNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pod network")
    }
}

/// Decides which node gets which range. Knows no I/O; the shell carries out the plan.
fn reconcile(nodes: &[Arc<Node>], network: IpNet) -> Plan {
    let mut plan = Plan::default();
    let mut taken: Vec<IpNet> = nodes.iter().flat_map(|node| ranges(node)).collect();
    for node in nodes.iter().filter(|node| ranges(node).is_empty()) {
        if let Some(range) = free_range(network, &taken) {
            taken.push(range);
            let text = range.to_string();
            let spec = json!({ "podCIDR": text, "podCIDRs": [text] });
            plan.patch(node.as_ref(), json!({ "spec": spec }));
        } else {
            let message = format!("no range is left in {network} for the pods of this node");
            plan.emit(Occurrence::warning(node.as_ref(), "CIDRNotAvailable", message));
        }
    }
    plan
}

/// The first range that overlaps with none of those taken.
fn free_range(network: IpNet, taken: &[IpNet]) -> Option<IpNet> {
    let prefix = if network.addr().is_ipv4() { NODE_PREFIX_V4 } else { NODE_PREFIX_V6 };
    let mut candidates = network.subnets(prefix.max(network.prefix_len())).ok()?;
    candidates.find(|range| !taken.iter().any(|other| overlap(*range, *other)))
}

fn overlap(one: IpNet, other: IpNet) -> bool {
    one.contains(&other.network()) || other.contains(&one.network())
}

/// What a node has; what is no range was refused when it was written.
fn ranges(node: &Node) -> Vec<IpNet> {
    let spec = node.spec.iter();
    let all = spec.flat_map(|spec| spec.pod_cidrs.iter().flatten().chain(&spec.pod_cidr));
    all.filter_map(|range| range.parse().ok()).collect()
}

/// Runs [`reconcile`] over all nodes.
#[derive(Debug)]
pub(crate) struct NodeIpam {
    nodes: Cache<Node>,
    network: IpNet,
}

impl NodeIpam {
    pub(crate) fn new(caches: &Caches, network: IpNet) -> Self {
        Self { nodes: caches.of(), network }
    }
}

impl Controller for NodeIpam {
    type Key = PodNetwork;
    type Snapshot = Vec<Arc<Node>>;
    const NAME: &'static str = "node-ipam-controller";

    fn watches(&self, watches: &Watches<'_, PodNetwork>) {
        // A node that goes leaves room for others.
        watches.on(&self.nodes, |change| match &change.new {
            Some(node) if !ranges(node).is_empty() => Vec::new(),
            _ => vec![PodNetwork],
        });
    }

    fn observe(&self, _key: &PodNetwork, _now: Timestamp) -> Option<Self::Snapshot> {
        Some(self.nodes.list())
    }

    fn reconcile(&self, nodes: &Self::Snapshot) -> Plan {
        reconcile(nodes, self.network)
    }
}

#[cfg(test)]
mod tests;
