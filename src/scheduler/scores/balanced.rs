//! Prefers nodes where processor and memory run out together, so that neither is stranded.

use super::{BEST, Use, uses};
use crate::demand::Demand;
use crate::node::NodeState;

pub(super) fn score(demand: &Demand, node: &NodeState) -> i64 {
    let [cpu, memory] = uses(node, &node.requested, &demand.requests);
    if cpu.all <= 0 || memory.all <= 0 {
        return 0;
    }
    // The standard deviation of two shares is half their distance.
    BEST - (share(&cpu) - share(&memory)).abs() / 2
}

/// The used share, in hundredths.
fn share(one: &Use) -> i64 {
    let used = one.used.clamp(0, one.all);
    i64::try_from(used * i128::from(BEST) / one.all).unwrap_or(BEST)
}
