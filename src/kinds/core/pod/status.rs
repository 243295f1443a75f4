//! Whether a kubelet may say of a pod what it says.

mod container;

use std::collections::BTreeSet;
use std::net::IpAddr;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::{Value, json};

use super::annotations;
use crate::address;
use crate::fill::{remove, set};
use crate::read::{is_unset, items, text};

/// Conditions whose names are Kubernetes' own.
const KNOWN_CONDITIONS: &[&str] = &["PodScheduled", "Ready", "Initialized"];

/// Where containers are told of, and where they are asked for.
const LISTS: &[(&str, &str)] = &[
    ("containerStatuses", "containers"),
    ("initContainerStatuses", "initContainers"),
    ("ephemeralContainerStatuses", "ephemeralContainers"),
];

/// The first address stands in a field of its own too, which old kubelets alone write.
pub(super) fn both_address_fields(status: &mut Value) {
    let (one, first) = (status["podIP"].clone(), status["podIPs"][0]["ip"].clone());
    if is_unset(&one) && !is_unset(&first) {
        set(status, "podIP", first);
    } else if !is_unset(&one) && one != first {
        set(status, "podIPs", json!([{ "ip": one }]));
    } else if is_unset(&one) {
        remove(status, "podIPs");
    }
}

/// Checks a status that was written to a pod.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    annotations::validate(new, old, errors);
    // Kubernetes blames them there.
    validate_conditions(&new["status"], &errors.at("metadata").at("conditions"));
    let path = errors.at("status");
    let (spec, new, old) = (&old["spec"], &new["status"], &old["status"]);
    let nominated = text(new, "nominatedNodeName");
    if !nominated.is_empty() && nominated != text(old, "nominatedNodeName") {
        path.check("nominatedNodeName", nominated, names::dns1123_subdomain(nominated));
    }
    path.immutable("qosClass", new.get("qosClass"), old.get("qosClass"));
    for (statuses, containers) in LISTS {
        // Nobody ever starts an ephemeral container again.
        let lasts = *containers != "ephemeralContainers";
        let policy = if lasts { text(spec, "restartPolicy") } else { "Never" };
        let again = |status: &Value| {
            let named = items(spec, containers).find(|own| own["name"] == status["name"]);
            runs_again(named.unwrap_or(&Value::Null), policy, status)
        };
        for (index, before) in items(old, statuses).enumerate() {
            let now = items(new, statuses).find(|now| now["name"] == before["name"]);
            let revived = now.is_some_and(|now| now["state"]["terminated"].is_null());
            if revived && !before["state"]["terminated"].is_null() && !again(before) {
                let detail = "may not be transitioned to non-terminated state";
                path.at(statuses).index(index).forbidden("state", detail);
            }
        }
    }
    validate_claims(new, spec, &path.at("resourceClaimStatuses"));
    validate_addresses(new, "podIPs", &path);
    validate_addresses(new, "hostIPs", &path);
    for (statuses, _) in LISTS {
        container::validate_users(new, statuses, text(&spec["os"], "name"), &path);
    }
    for (statuses, containers) in LISTS {
        container::validate_devices(new, statuses, spec, containers, &path);
    }
}

/// Whether a container that ended this way may be started once more.
fn runs_again(container: &Value, policy: &str, ended: &Value) -> bool {
    if items(container, "restartPolicyRules").next().is_some() {
        return true;
    }
    match container["restartPolicy"].as_str().unwrap_or(policy) {
        "Always" => true,
        "OnFailure" => ended["state"]["terminated"]["exitCode"] != 0,
        _ => false,
    }
}

fn validate_claims(status: &Value, spec: &Value, path: &FieldPath<'_>) {
    let mut seen = BTreeSet::new();
    for (index, one) in items(status, "resourceClaimStatuses").enumerate() {
        let (path, name) = (path.index(index), text(one, "name"));
        if !items(spec, "resourceClaims").any(|claim| text(claim, "name") == name) {
            let detail = "must match the name of an entry in `spec.resourceClaims`";
            path.invalid("name", name, detail);
        }
        if !seen.insert(name) {
            path.duplicate("name", name);
        }
        if let Some(claim) = one["resourceClaimName"].as_str() {
            path.check("name", claim, names::dns1123_subdomain(claim));
        }
    }
}

fn validate_conditions(status: &Value, path: &FieldPath<'_>) {
    for (index, condition) in items(status, "conditions").enumerate() {
        let name = text(condition, "type");
        if !KNOWN_CONDITIONS.contains(&name) {
            path.index(index).check("Type", name, names::qualified_name(name));
        }
    }
}

/// At most one address of each family.
fn validate_addresses(status: &Value, field: &str, path: &FieldPath<'_>) {
    let addresses: Vec<&str> = items(status, field).map(|one| text(one, "ip")).collect();
    if field == "hostIPs"
        && let Some(first) = addresses.first().filter(|first| **first != text(status, "hostIP"))
    {
        path.at(field).index(0).invalid("ip", *first, "must be equal to `hostIP`");
    }
    for (index, one) in addresses.iter().enumerate() {
        address::validate(one, &path.at(field).index(index));
    }
    let families: Option<Vec<bool>> =
        addresses.iter().map(|one| one.parse().ok().map(|one: IpAddr| one.is_ipv4())).collect();
    let Some(families) = families.filter(|families| families.len() > 1) else { return };
    if families.len() > 2 || families[0] == families[1] {
        let detail = "may specify no more than one IP for each IP family";
        path.invalid(field, status[field].clone(), detail);
    }
}

#[cfg(test)]
mod tests;
