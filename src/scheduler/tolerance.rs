//! Which taints a pod tolerates.

use k8s_openapi::api::core::v1::{Taint, Toleration};

use crate::demand::Demand;

/// Whether one of the pod's tolerations covers a taint.
pub(crate) fn tolerates(demand: &Demand, taint: &Taint) -> bool {
    tolerations(demand).iter().any(|toleration| covers(toleration, taint))
}

/// The pod's tolerations.
pub(crate) fn tolerations(demand: &Demand) -> &[Toleration] {
    demand.spec().and_then(|spec| spec.tolerations.as_deref()).unwrap_or_default()
}

/// An absent effect covers every effect, an absent key with `Exists` every key.
pub(crate) fn covers(toleration: &Toleration, taint: &Taint) -> bool {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (effect, key) = (text(&toleration.effect), text(&toleration.key));
    if !effect.is_empty() && effect != taint.effect || !key.is_empty() && key != taint.key {
        return false;
    }
    match toleration.operator.as_deref().unwrap_or("Equal") {
        "Exists" => true,
        "Equal" | "" => !key.is_empty() && text(&toleration.value) == text(&taint.value),
        _ => false,
    }
}
