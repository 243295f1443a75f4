//! A pod's quality of service class.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// `Guaranteed`, `Burstable` or `BestEffort`, by the requests and limits of all containers.
pub(crate) fn qos_class(pod: &Pod) -> &'static str {
    let Some(spec) = &pod.spec else { return "BestEffort" };
    let mut containers =
        spec.init_containers.iter().flatten().chain(&spec.containers).collect::<Vec<_>>();
    if containers.iter().all(|one| is_free(one)) {
        return "BestEffort";
    }
    if containers.drain(..).all(is_guaranteed) { "Guaranteed" } else { "Burstable" }
}

type Amounts = BTreeMap<String, Quantity>;

fn amounts(container: &Container) -> (Option<&Amounts>, Option<&Amounts>) {
    let resources = container.resources.as_ref();
    (resources.and_then(|one| one.requests.as_ref()), resources.and_then(|one| one.limits.as_ref()))
}

fn is_free(container: &Container) -> bool {
    let (requests, limits) = amounts(container);
    let names_one = |list: Option<&Amounts>| {
        list.is_some_and(|list| list.contains_key("cpu") || list.contains_key("memory"))
    };
    !names_one(requests) && !names_one(limits)
}

/// Both limits are set, and requests (which default to them) do not differ.
fn is_guaranteed(container: &Container) -> bool {
    let (requests, limits) = amounts(container);
    ["cpu", "memory"].iter().all(|name| {
        let limit = limits.and_then(|limits| limits.get(*name));
        let request = requests.and_then(|requests| requests.get(*name));
        limit.is_some() && (request.is_none() || request == limit)
    })
}
