//! Prefers nodes that have more left, so that load spreads.

use super::{BEST, Use, uses};
use crate::demand::Demand;
use crate::node::NodeState;

pub(super) fn score(demand: &Demand, node: &NodeState) -> i64 {
    let uses = uses(node, &node.scored, &demand.scored);
    let known: Vec<_> = uses.iter().filter(|one| one.all > 0).collect();
    let sum: i64 = known.iter().map(|one| free(one)).sum();
    sum / i64::try_from(known.len().max(1)).unwrap_or(1)
}

/// The free share, in hundredths.
fn free(one: &Use) -> i64 {
    let left = (one.all - one.used).max(0);
    i64::try_from(left * i128::from(BEST) / one.all).unwrap_or(BEST)
}
