//! What a kubelet says of one container: as whom it runs, and how the devices are that it was given.

use std::collections::BTreeSet;

use machinery::FieldPath;
use serde_json::Value;

use crate::choice::one_of;
use crate::core::pod::spec::MAX_SECONDS;
use crate::read::{items, text};

const HEALTH: &[&str] = &["Healthy", "Unhealthy", "Unknown"];

/// What devices are called that came by a claim.
const CLAIM: &str = "claim:";

/// Checks as whom the containers run, on nodes of this system.
pub(super) fn validate_users(status: &Value, list: &str, system: &str, path: &FieldPath<'_>) {
    for (index, one) in items(status, list).enumerate() {
        let (user, path) = (&one["user"]["linux"], path.at(list).index(index).at("linux"));
        match system {
            "windows" if !user.is_null() => path.forbidden("", "cannot be set for a windows pod"),
            "windows" => {}
            _ => validate_user(user, &path),
        }
    }
}

fn validate_user(user: &Value, path: &FieldPath<'_>) {
    let check = |id: &Value, path: FieldPath<'_>| {
        if let Some(id) = id.as_i64().filter(|id| !(0..=MAX_SECONDS).contains(id)) {
            path.invalid("", id, &format!("must be between 0 and {MAX_SECONDS}, inclusive"));
        }
    };
    check(&user["uid"], path.at("uid"));
    check(&user["gid"], path.at("gid"));
    for (index, group) in items(user, "supplementalGroups").enumerate() {
        check(group, path.at("supplementalGroups").index(index));
    }
}

/// Checks the devices of the containers that a spec lists as `containers`.
pub(super) fn validate_devices(
    status: &Value,
    list: &str,
    spec: &Value,
    containers: &str,
    path: &FieldPath<'_>,
) {
    const FIELD: &str = "allocatedResourcesStatus";
    for (index, one) in items(status, list).enumerate() {
        let path = path.at(list).index(index);
        if containers == "ephemeralContainers" {
            if items(one, FIELD).next().is_some() {
                path.forbidden(FIELD, "must not be specified in container status");
            }
            continue;
        }
        let container = items(spec, containers).find(|own| own["name"] == one["name"]);
        for (index, devices) in items(one, FIELD).enumerate() {
            let path = path.at(FIELD).index(index);
            if let Some(container) = container {
                validate_asked(text(devices, "name"), &container["resources"], &path);
            }
            validate_health(devices, &path.at("resources"));
        }
    }
}

/// Nobody is given what was not asked for.
fn validate_asked(name: &str, resources: &Value, path: &FieldPath<'_>) {
    if let Some(wanted) = name.strip_prefix(CLAIM) {
        let named = |claim: &Value| match text(claim, "request") {
            "" => wanted == text(claim, "name"),
            request => wanted.split_once('/') == Some((text(claim, "name"), request)),
        };
        if !items(resources, "claims").any(named) {
            let detail = "must match one of the container's resource claims in a format \
                          'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
            path.invalid("name", name, detail);
        }
    } else if resources["requests"][name].is_null() {
        path.invalid("name", name, "must match one of the container's resource requests");
    }
}

fn validate_health(devices: &Value, path: &FieldPath<'_>) {
    let mut seen = BTreeSet::new();
    for (index, device) in items(devices, "resources").enumerate() {
        let (path, id) = (path.index(index), text(device, "resourceID"));
        one_of(device, "health", HEALTH, &path);
        if !seen.insert(id) {
            path.duplicate("resourceID", id);
        }
    }
}
