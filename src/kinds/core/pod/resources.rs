//! What a container asks for and what it may use at most.

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::amount::{self, parse};
use crate::core::resource_quota;
use crate::demand;
use crate::read::items;

const STANDARD: &[&str] = &["cpu", "memory", "ephemeral-storage"];

/// What a pod as a whole may ask for, besides huge pages (KEP-2837).
const OF_PODS: &[&str] = &["cpu", "memory"];

/// Checks the requests and limits of a container at `path`.
pub(crate) fn validate(resources: &Value, path: &FieldPath<'_>) {
    validate_amounts(resources, validate_name, path);
}

/// Checks the requests and limits of the pod as a whole, which no container may exceed, nor all together.
pub(super) fn validate_of_pod(spec: &Value, path: &FieldPath<'_>) {
    let whole = &spec["resources"];
    if whole.is_null() {
        return;
    }
    validate_amounts(whole, validate_name_of_pod, path);
    let asked = demand::amounts(&whole["requests"]);
    for (name, sum) in demand::of_containers(spec, "requests") {
        if is_of_pods(&name) && asked.get(&name).is_some_and(|asked| sum > *asked) {
            let detail =
                format!("must be greater than or equal to aggregate container requests of {sum}");
            path.at("requests").key(&name).invalid("", whole["requests"][&name].clone(), &detail);
        }
    }
    let most = demand::amounts(&whole["limits"]);
    for (index, container) in items(spec, "containers").enumerate() {
        let limits = &container["resources"]["limits"];
        for (name, limit) in demand::amounts(limits) {
            if let Some(most) = most.get(&name).filter(|most| limit > **most) {
                let detail = format!("must be less than or equal to pod limits of {most}");
                let path = path.at("containers").index(index).at("limits").key(&name);
                path.invalid("", limits[&name].clone(), &detail);
            }
        }
    }
}

/// Whether a pod as a whole may ask for it.
pub(super) fn is_of_pods(name: &str) -> bool {
    OF_PODS.contains(&name) || is_huge_page(name)
}

fn validate_amounts(
    resources: &Value,
    validate_name: fn(&str, &FieldPath<'_>),
    path: &FieldPath<'_>,
) {
    for side in ["limits", "requests"] {
        for (name, value) in resources[side].as_object().into_iter().flatten() {
            let path = path.at(side).key(name);
            validate_name(name, &path);
            validate_amount(name, value, &path);
        }
    }
    for (name, request) in resources["requests"].as_object().into_iter().flatten() {
        validate_pair(name, request, &resources["limits"][name.as_str()], path);
    }
}

/// Checks how much of a resource there is, or is asked for; what comes in pieces is not divided.
pub(crate) fn validate_amount(name: &str, value: &Value, path: &FieldPath<'_>) {
    amount::validate(value, path);
    if is_extended(name) && parse(value).is_some_and(|amount| !amount.is_whole()) {
        path.invalid("", value.clone(), "must be an integer");
    }
}

/// Checks the name of something that containers ask for.
fn validate_name(name: &str, path: &FieldPath<'_>) {
    validate_any_name(name, path);
    if !name.contains('/') {
        validate_of_containers(name, path);
    } else if is_extended(name) && names::qualified_name(&format!("requests.{name}")).is_some()
        || name.starts_with("requests.")
    {
        path.invalid("", name, "doesn't follow extended resource name standard");
    }
}

/// Checks that what has no domain is something that containers ask for.
pub(crate) fn validate_of_containers(name: &str, path: &FieldPath<'_>) {
    if !is_of_containers(name) {
        path.invalid("", name, "must be a standard resource for containers");
    }
}

/// Checks the name of a resource, whoever has it: Kubernetes knows it, or it has a domain.
pub(crate) fn validate_any_name(name: &str, path: &FieldPath<'_>) {
    if let Some(problem) = names::qualified_name(name) {
        path.invalid("", name, &problem);
    } else if !name.contains('/') && name != "storage" && !resource_quota::is_standard(name) {
        path.invalid("", name, "must be a standard resource type or fully qualified");
    }
}

/// Whether a container may ask for what every node has by that name.
fn is_of_containers(name: &str) -> bool {
    STANDARD.contains(&name) || is_huge_page(name)
}

/// Whether a node may promise more of it than it has.
pub(crate) fn overcommits(name: &str) -> bool {
    !is_extended(name) && !is_huge_page(name)
}

fn validate_name_of_pod(name: &str, path: &FieldPath<'_>) {
    if !is_of_pods(name) {
        path.not_supported("", name, &["cpu", "hugepages-", "memory"]);
    }
}

/// Whether it is counted, not measured: what devices offer has a domain that is not Kubernetes' own.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

fn validate_pair(name: &str, request: &Value, limit: &Value, path: &FieldPath<'_>) {
    let (Some(wanted), limit_amount) = (parse(request), parse(limit)) else { return };
    let overcommits = STANDARD.contains(&name);
    match limit_amount {
        Some(most) if overcommits && wanted > most => {
            let detail = format!("must be less than or equal to {name} limit of {most}");
            path.invalid("requests", request.clone(), &detail);
        }
        Some(most) if !overcommits && wanted != most => {
            let detail = format!("must be equal to {name} limit of {most}");
            path.invalid("requests", request.clone(), &detail);
        }
        None if !overcommits => {
            path.at("limits").required("", "Limit must be set for non overcommitable resources");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
