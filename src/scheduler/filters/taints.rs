//! A tainted node takes only pods that tolerate it.

use crate::demand::Demand;
use crate::diagnosis::Refusal;
use crate::node::NodeState;
use crate::tolerance::tolerates;

pub(super) fn filter(demand: &Demand, node: &NodeState) -> Result<(), Refusal> {
    let repels = ["NoSchedule", "NoExecute"];
    let untolerated = node
        .taints()
        .iter()
        .find(|taint| repels.contains(&taint.effect.as_str()) && !tolerates(demand, taint));
    match untolerated {
        None => Ok(()),
        Some(taint) => {
            let value = taint.value.as_deref().unwrap_or_default();
            Err(Refusal::hopeless(format!(
                "node(s) had untolerated taint {{{}: {value}}}",
                taint.key
            )))
        }
    }
}
