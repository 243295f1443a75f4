//! A pod that names its node goes there or nowhere.

use crate::demand::Demand;
use crate::diagnosis::Refusal;
use crate::node::NodeState;

pub(super) fn filter(demand: &Demand, node: &NodeState) -> Result<(), Refusal> {
    match demand.spec().and_then(|spec| spec.node_name.as_deref()) {
        Some(name) if !name.is_empty() && name != node.name => {
            Err(Refusal::hopeless("node(s) didn't match the requested node name"))
        }
        _ => Ok(()),
    }
}
