//! A pod may select its nodes by labels, through `nodeSelector` and required node affinity.

use k8s_openapi::api::core::v1::{NodeSelector, PodSpec};

use crate::demand::Demand;
use crate::diagnosis::Refusal;
use crate::node::NodeState;
use crate::selection::selects;

pub(super) fn filter(demand: &Demand, node: &NodeState) -> Result<(), Refusal> {
    let wanted = demand.spec().is_none_or(|spec| {
        let labels = spec.node_selector.iter().flatten();
        let mut labels = labels.map(|(key, value)| node.label(key) == Some(value));
        labels.all(|holds| holds) && required(spec).is_none_or(|terms| any_selects(terms, node))
    });
    if wanted {
        Ok(())
    } else {
        Err(Refusal::hopeless("node(s) didn't match Pod's node affinity/selector"))
    }
}

fn required(spec: &PodSpec) -> Option<&NodeSelector> {
    let affinity = spec.affinity.as_ref()?.node_affinity.as_ref()?;
    affinity.required_during_scheduling_ignored_during_execution.as_ref()
}

fn any_selects(selector: &NodeSelector, node: &NodeState) -> bool {
    selector.node_selector_terms.iter().any(|term| selects(term, node))
}
