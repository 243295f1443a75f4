//! Where a pod should go: each score has one preference, from 0 to 100.

mod balanced;
mod least_allocated;
mod node_affinity;
mod taints;

use crate::demand::Demand;
use crate::node::NodeState;
use crate::resources::Resources;

/// The best that any score gives.
const BEST: i64 = 100;

/// One preference among nodes.
struct Score {
    /// How much it counts; the weights are Kubernetes' own.
    weight: i64,
    /// Its value for a node, by its own scale.
    value: fn(&Demand, &NodeState) -> i64,
    /// How that scale becomes 0 to [`BEST`].
    scale: Scale,
}

/// How values become scores.
#[derive(Debug, Clone, Copy)]
enum Scale {
    /// They are scores already.
    Absolute,
    /// The highest value is best, zero is 0.
    HighestIsBest,
    /// Zero is best, the highest value is 0.
    LowestIsBest,
}

const SCORES: &[Score] = &[
    Score { weight: 3, value: taints::intolerable, scale: Scale::LowestIsBest },
    Score { weight: 2, value: node_affinity::preference, scale: Scale::HighestIsBest },
    Score { weight: 1, value: least_allocated::score, scale: Scale::Absolute },
    Score { weight: 1, value: balanced::score, scale: Scale::Absolute },
];

/// The weighted sums of all scores, in the order of the nodes.
pub(crate) fn rate(demand: &Demand, nodes: &[&NodeState]) -> Vec<i64> {
    let mut sums = vec![0; nodes.len()];
    for score in SCORES {
        let values: Vec<i64> = nodes.iter().map(|node| (score.value)(demand, node)).collect();
        let highest = values.iter().copied().max().unwrap_or(0);
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += score.weight * score.scale.apply(value, highest);
        }
    }
    sums
}

impl Scale {
    fn apply(self, value: i64, highest: i64) -> i64 {
        match self {
            Self::Absolute => value,
            Self::HighestIsBest if highest == 0 => 0,
            Self::HighestIsBest => value * BEST / highest,
            Self::LowestIsBest if highest == 0 => BEST,
            Self::LowestIsBest => BEST - value * BEST / highest,
        }
    }
}

/// A resource's use with the pod added, and how much there is.
struct Use {
    used: i128,
    all: i128,
}

fn uses(node: &NodeState, used: &Resources, added: &Resources) -> [Use; 2] {
    [
        Use { used: used.cpu_milli + added.cpu_milli, all: node.allocatable.cpu_milli },
        Use { used: used.memory_bytes + added.memory_bytes, all: node.allocatable.memory_bytes },
    ]
}

#[cfg(test)]
mod tests;
