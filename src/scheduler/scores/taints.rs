//! Avoids nodes that would rather not have the pod (`PreferNoSchedule`).

use crate::demand::Demand;
use crate::node::NodeState;
use crate::tolerance::tolerates;

/// How many such taints the pod does not tolerate.
pub(super) fn intolerable(demand: &Demand, node: &NodeState) -> i64 {
    let unwelcome = node
        .taints()
        .iter()
        .filter(|taint| taint.effect == "PreferNoSchedule" && !tolerates(demand, taint));
    i64::try_from(unwelcome.count()).unwrap_or(i64::MAX)
}
