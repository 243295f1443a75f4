//! Whether the containers of a pod can be run.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use super::spec::{one_of, optional_one_of};
use super::volume::{self, VolumeNames};
use super::{env, probe, profiles, resources};
use crate::port;
use crate::read::{items, text};

const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const PULL_POLICIES: &[&str] = &["Always", "IfNotPresent", "Never"];
const RESTART_POLICIES: &[&str] = &["Always", "Never", "OnFailure"];

/// Checks all containers of the spec at `path`.
pub(super) fn validate_all(spec: &Value, volumes: &VolumeNames<'_>, path: &FieldPath<'_>) {
    if items(spec, "containers").next().is_none() {
        path.required("containers", "");
    }
    let mut seen = BTreeSet::new();
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        for (index, container) in items(spec, list).enumerate() {
            let path = path.at(list).index(index);
            validate_name(container, &mut seen, &path);
            validate_one(container, volumes, &path);
            validate_role(list, container, &path);
        }
    }
    validate_host_ports(spec, path);
}

fn validate_name<'a>(container: &'a Value, seen: &mut BTreeSet<&'a str>, path: &FieldPath<'_>) {
    let name = text(container, "name");
    if name.is_empty() {
        path.required("name", "");
    } else if let Some(problem) = names::dns1123_label(name) {
        path.invalid("name", name, &problem);
    } else if !seen.insert(name) {
        path.duplicate("name", name);
    }
}

fn validate_one(container: &Value, volumes: &VolumeNames<'_>, path: &FieldPath<'_>) {
    let image = text(container, "image");
    if image.is_empty() {
        path.required("image", "");
    } else if image.trim() != image {
        path.invalid("image", image, "must not have leading or trailing whitespace");
    }
    one_of(container, "terminationMessagePolicy", &["File", "FallbackToLogsOnError"], path);
    one_of(container, "imagePullPolicy", PULL_POLICIES, path);
    validate_ports(container, &path.at("ports"));
    env::validate(container, path);
    volume::validate_mounts(container, volumes, &path.at("volumeMounts"));
    volume::validate_devices(container, volumes, &path.at("volumeDevices"));
    resources::validate(&container["resources"], &path.at("resources"));
    validate_security(&container["securityContext"], &path.at("securityContext"));
}

/// Checks what depends on whether the container runs before, with or beside the others.
fn validate_role(list: &str, container: &Value, path: &FieldPath<'_>) {
    optional_one_of(container, "restartPolicy", RESTART_POLICIES, path);
    let sidecar = list == "initContainers" && text(container, "restartPolicy") == "Always";
    if list == "containers" || sidecar {
        probe::validate_of_container(container, path);
        return;
    }
    let detail = match list {
        "initContainers" => "may not be set for init containers without restartPolicy=Always",
        _ => "cannot be set for an Ephemeral Container",
    };
    for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
        if !container[field].is_null() {
            path.forbidden(field, detail);
        }
    }
    if list == "ephemeralContainers" {
        for field in ["ports", "resources", "resizePolicy"] {
            if !is_empty(&container[field]) {
                path.forbidden(field, detail);
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        other => other.is_null(),
    }
}

fn validate_ports(container: &Value, path: &FieldPath<'_>) {
    let mut seen = BTreeSet::new();
    for (index, one) in items(container, "ports").enumerate() {
        let path = path.index(index);
        let name = text(one, "name");
        if !name.is_empty() {
            if let Some(problem) = names::port_name(name) {
                path.invalid("name", name, &problem);
            } else if !seen.insert(name) {
                path.duplicate("name", name);
            }
        }
        match one["containerPort"].as_i64().unwrap_or(0) {
            0 => path.required("containerPort", ""),
            number => port::validate_number(number, "containerPort", &path),
        }
        match one["hostPort"].as_i64().unwrap_or(0) {
            0 => {}
            number => port::validate_number(number, "hostPort", &path),
        }
        one_of(one, "protocol", PROTOCOLS, &path);
    }
}

/// Two containers of a pod cannot hold the same port of the node.
fn validate_host_ports(spec: &Value, path: &FieldPath<'_>) {
    let mut taken = BTreeSet::new();
    for (index, container) in items(spec, "containers").enumerate() {
        for (port_index, one) in items(container, "ports").enumerate() {
            let path = path.at("containers").index(index).at("ports").index(port_index);
            let (host, own) =
                (one["hostPort"].as_i64().unwrap_or(0), one["containerPort"].as_i64());
            if host == 0 {
                continue;
            }
            let claim = format!("{}/{}/{host}", text(one, "protocol"), text(one, "hostIP"));
            if !taken.insert(claim.clone()) {
                path.duplicate("hostPort", claim);
            }
            if spec["hostNetwork"] == true && own != Some(host) {
                let detail = "must match `containerPort` when `hostNetwork` is true";
                path.invalid("hostPort", host, detail);
            }
        }
    }
}

fn validate_security(context: &Value, path: &FieldPath<'_>) {
    const MAX_ID: i64 = i32::MAX as i64;
    for field in ["runAsUser", "runAsGroup"] {
        if let Some(id) = context[field].as_i64()
            && !(0..=MAX_ID).contains(&id)
        {
            path.invalid(field, id, &format!("must be between 0 and {MAX_ID}, inclusive"));
        }
    }
    profiles::validate(context, path);
    if context["privileged"] == true && context["allowPrivilegeEscalation"] == false {
        path.invalid(
            "",
            context.clone(),
            "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
        );
    }
}

#[cfg(test)]
mod tests;
