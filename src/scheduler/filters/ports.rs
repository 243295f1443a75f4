//! A port of the host belongs to one pod at a time.

use crate::demand::Demand;
use crate::diagnosis::Refusal;
use crate::node::NodeState;

pub(super) fn filter(demand: &Demand, node: &NodeState) -> Result<(), Refusal> {
    if demand.ports.iter().all(|port| node.has_free(port)) {
        Ok(())
    } else {
        Err(Refusal::taken("node(s) didn't have free ports for the requested pod ports"))
    }
}
