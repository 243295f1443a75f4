//! A cordoned node takes no new pods.

use k8s_openapi::api::core::v1::Taint;

use crate::demand::Demand;
use crate::diagnosis::Refusal;
use crate::node::NodeState;
use crate::tolerance::tolerates;

pub(super) fn filter(demand: &Demand, node: &NodeState) -> Result<(), Refusal> {
    if node.is_unschedulable() && !tolerates(demand, &cordon()) {
        return Err(Refusal::hopeless("node(s) were unschedulable"));
    }
    Ok(())
}

/// What a pod has to tolerate to be placed all the same, as the pods of a `DaemonSet` do.
fn cordon() -> Taint {
    Taint {
        key: "node.kubernetes.io/unschedulable".to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Taint::default()
    }
}
