//! The decision: filter, score, draw.

use crate::cluster::Cluster;
use crate::demand::Demand;
use crate::diagnosis::Diagnosis;
use crate::filters::admit;
use crate::node::NodeState;
use crate::scores::rate;

/// Up to so many nodes that fit are always compared; Kubernetes' own number.
const COMPARED_MIN: usize = 100;

/// Where a pod goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// To the node of this name.
    On(String),
    /// Nowhere, and why.
    Nowhere(Diagnosis),
}

/// Decides where a pod goes. `lot` is the caller's random draw: it breaks ties, and in a large cluster says where
/// to begin to look.
pub fn place(demand: &Demand, cluster: &Cluster, lot: u64) -> Placement {
    let nodes = cluster.nodes();
    let mut diagnosis = Diagnosis::new(nodes.len());
    let wanted = compared(nodes.len());
    let mut fitting = Vec::new();
    for node in from(nodes, lot) {
        match admit(demand, node) {
            Ok(()) => fitting.push(node),
            Err(refusal) => diagnosis.add(refusal),
        }
        if fitting.len() == wanted {
            break;
        }
    }
    match best(demand, &fitting, lot) {
        Some(node) => Placement::On(node.name.clone()),
        None => Placement::Nowhere(diagnosis),
    }
}

/// How many nodes that fit are enough: half of them, less in larger clusters, never less than a twentieth.
fn compared(nodes: usize) -> usize {
    let percent = 50usize.saturating_sub(nodes / 125).max(5);
    (nodes * percent / 100).max(COMPARED_MIN)
}

/// All nodes, beginning somewhere.
fn from(nodes: &[NodeState], lot: u64) -> impl Iterator<Item = &NodeState> {
    let (before, after) = nodes.split_at(index(lot, nodes.len()));
    after.iter().chain(before)
}

fn best<'a>(demand: &Demand, fitting: &[&'a NodeState], lot: u64) -> Option<&'a NodeState> {
    if let [only] = fitting {
        return Some(only);
    }
    let scores = rate(demand, fitting);
    let highest = scores.iter().copied().max()?;
    let winners: Vec<_> = fitting
        .iter()
        .zip(scores)
        .filter(|(_, score)| *score == highest)
        .map(|(node, _)| *node)
        .collect();
    // Another part of the draw than the one that chose where to begin.
    winners.get(index(lot.rotate_left(32), winners.len())).copied()
}

/// A place among so many, or zero.
fn index(lot: u64, length: usize) -> usize {
    let length = u64::try_from(length).unwrap_or(u64::MAX).max(1);
    usize::try_from(lot % length).unwrap_or(0)
}

#[cfg(test)]
mod tests;
