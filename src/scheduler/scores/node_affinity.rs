//! Prefers nodes that the pod prefers (`preferredDuringSchedulingIgnoredDuringExecution`).

use crate::demand::Demand;
use crate::node::NodeState;
use crate::selection::selects;

/// The weights of the terms that select the node.
pub(super) fn preference(demand: &Demand, node: &NodeState) -> i64 {
    let affinity = demand.spec().and_then(|spec| spec.affinity.as_ref()?.node_affinity.as_ref());
    let terms = affinity
        .and_then(|all| all.preferred_during_scheduling_ignored_during_execution.as_deref())
        .unwrap_or_default();
    let selected = terms.iter().filter(|term| selects(&term.preference, node));
    selected.map(|term| i64::from(term.weight)).sum()
}
