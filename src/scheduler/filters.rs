//! Where a pod can go: each filter knows one reason to refuse.

mod node_affinity;
mod node_name;
mod ports;
mod resources;
mod taints;
mod unschedulable;

use crate::demand::Demand;
use crate::diagnosis::Refusal;
use crate::node::NodeState;

/// Refuses a pod on a node, or does not.
pub(crate) type Filter = fn(&Demand, &NodeState) -> Result<(), Refusal>;

/// In Kubernetes' order, since a node is counted under its first refusal.
const FILTERS: &[Filter] = &[
    unschedulable::filter,
    node_name::filter,
    taints::filter,
    node_affinity::filter,
    ports::filter,
    resources::filter,
];

/// Whether a pod can go to a node.
pub(crate) fn admit(demand: &Demand, node: &NodeState) -> Result<(), Refusal> {
    FILTERS.iter().try_for_each(|filter| filter(demand, node))
}

#[cfg(test)]
mod tests;
