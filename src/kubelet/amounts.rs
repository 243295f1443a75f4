//! Amounts of resources as numbers: thousandths of cores, bytes or pieces.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Resource names with amounts in thousandths.
pub(crate) type Amounts = BTreeMap<String, i64>;

/// An amount in thousandths; none when it cannot be read.
pub(crate) fn amount(quantity: &Quantity) -> Option<i64> {
    quantity.0.parse::<machinery::Quantity>().ok().map(machinery::Quantity::milli)
}

/// A container's limit in thousandths.
pub(crate) fn limit(container: &Container, resource: &str) -> Option<i64> {
    let resources = container.resources.as_ref()?;
    resources.limits.as_ref()?.get(resource).and_then(amount)
}

/// What a pod takes from its node while it runs: the sum over its main containers and sidecars, or
/// what an initial container takes beside the sidecars before it, whichever is more (KEP-753).
pub(crate) fn requests(pod: &Pod) -> Amounts {
    let Some(spec) = &pod.spec else { return Amounts::new() };
    let mut total = Amounts::new();
    let mut peak = Amounts::new();
    for container in spec.init_containers.iter().flatten() {
        let own = requested(container);
        if container.restart_policy.as_deref() == Some("Always") {
            add(&mut total, &own);
            raise(&mut peak, &total);
        } else {
            let mut together = total.clone();
            add(&mut together, &own);
            raise(&mut peak, &together);
        }
    }
    for container in &spec.containers {
        add(&mut total, &requested(container));
    }
    raise(&mut total, &peak);
    let overhead = spec.overhead.iter().flatten();
    let overhead = overhead.filter_map(|(name, one)| Some((name.clone(), amount(one)?)));
    add(&mut total, &overhead.collect());
    total
}

fn requested(container: &Container) -> Amounts {
    let Some(resources) = &container.resources else { return Amounts::new() };
    let limits = resources.limits.iter().flatten();
    let requests = resources.requests.iter().flatten();
    limits.chain(requests).filter_map(|(name, one)| Some((name.clone(), amount(one)?))).collect()
}

/// Adds amounts.
pub(crate) fn add(total: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let sum = total.entry(name.clone()).or_default();
        *sum = sum.saturating_add(*amount);
    }
}

fn raise(floor: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let value = floor.entry(name.clone()).or_default();
        *value = (*value).max(*amount);
    }
}
