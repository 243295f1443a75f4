//! What pods request never exceeds what a node has.

use std::borrow::Cow;

use crate::demand::Demand;
use crate::diagnosis::Refusal;
use crate::node::NodeState;

pub(super) fn filter(demand: &Demand, node: &NodeState) -> Result<(), Refusal> {
    let mut refusal = Refusal { reasons: Vec::new(), hopeless: false };
    if node.pods + 1 > node.pods_max {
        refusal.reasons.push(Cow::Borrowed("Too many pods"));
    }
    let wanted = &demand.requests;
    let (used, all) = (&node.requested, &node.allocatable);
    let amounts = [
        (Cow::Borrowed("Insufficient cpu"), wanted.cpu_milli, used.cpu_milli, all.cpu_milli),
        (
            Cow::Borrowed("Insufficient memory"),
            wanted.memory_bytes,
            used.memory_bytes,
            all.memory_bytes,
        ),
        (
            Cow::Borrowed("Insufficient ephemeral-storage"),
            wanted.ephemeral_bytes,
            used.ephemeral_bytes,
            all.ephemeral_bytes,
        ),
    ];
    let others = wanted.others.iter().map(|(name, wanted)| {
        let of = |amounts: &std::collections::BTreeMap<String, i128>| {
            amounts.get(name).copied().unwrap_or(0)
        };
        (Cow::Owned(format!("Insufficient {name}")), *wanted, of(&used.others), of(&all.others))
    });
    for (reason, wanted, used, all) in amounts.into_iter().chain(others) {
        if wanted > 0 && wanted > all - used {
            refusal.reasons.push(reason);
            // Not even an empty node would do.
            refusal.hopeless |= wanted > all;
        }
    }
    if refusal.reasons.is_empty() { Ok(()) } else { Err(refusal) }
}
