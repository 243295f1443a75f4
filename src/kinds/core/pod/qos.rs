//! The quality of service a pod is promised, which follows from its requests and limits.

use machinery::Quantity;
use serde_json::Value;

use crate::read::items;

const COUNTED: [&str; 2] = ["cpu", "memory"];

/// `Guaranteed`, `Burstable` or `BestEffort`.
pub(crate) fn class(pod: &Value) -> &'static str {
    let spec = &pod["spec"];
    let containers = || items(spec, "containers").chain(items(spec, "initContainers"));
    let whole = &spec["resources"];
    if COUNTED
        .iter()
        .any(|name| !whole["requests"][*name].is_null() || !whole["limits"][*name].is_null())
    {
        return if is_guaranteed(whole) { "Guaranteed" } else { "Burstable" };
    }
    if containers().all(|container| asks_for_nothing(&container["resources"])) {
        "BestEffort"
    } else if containers().all(|container| is_guaranteed(&container["resources"])) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

fn amount(value: &Value) -> Option<Quantity> {
    value.as_str().and_then(|text| text.parse::<Quantity>().ok()).filter(|amount| !amount.is_zero())
}

fn asks_for_nothing(resources: &Value) -> bool {
    let side = |side: &str| COUNTED.iter().any(|name| amount(&resources[side][*name]).is_some());
    !side("requests") && !side("limits")
}

fn is_guaranteed(resources: &Value) -> bool {
    COUNTED.iter().all(|name| {
        let limit = amount(&resources["limits"][*name]);
        let request = amount(&resources["requests"][*name]).or(limit);
        limit.is_some() && request == limit
    })
}

#[cfg(test)]
mod tests;
