//! What a pod spec means where it is silent.

use serde_json::{Value, json};

use super::resources;
use crate::demand;
use crate::fill::{default, default_number, items_mut, object, present, set};
use crate::read::text;

/// How long containers may take to end, unless the pod says otherwise.
pub(crate) const GRACE_SECONDS: i64 = 30;

/// Files of volumes are readable by all: 0644.
const FILE_MODE: i64 = 0o644;

/// How long the tokens in a volume are valid: an hour.
const TOKEN_SECONDS: i64 = 3600;

/// Fills the defaults that only pods have, and templates do not.
pub(super) fn pod(pod: &mut Value) {
    let Some(spec) = present(pod, "spec") else { return };
    default(spec, "enableServiceLinks", true);
    let host_network = spec["hostNetwork"] == true;
    for name in ["containers", "initContainers", "ephemeralContainers"] {
        for container in items_mut(spec, name) {
            requests_from_limits(container);
            if host_network {
                host_ports(container);
            }
        }
    }
    pod_level_requests(spec);
}

/// A pod that is limited as a whole asks for what its containers ask for, or else for what it may use (KEP-2837).
fn pod_level_requests(spec: &mut Value) {
    let limits = spec["resources"]["limits"].clone();
    let Some(limits) = limits.as_object().filter(|limits| !limits.is_empty()) else { return };
    let of_containers = demand::of_containers(spec, "requests");
    let requests = present(spec, "resources").and_then(|all| object(all, "requests"));
    let Some(requests) = requests else { return };
    let is_supported = |name: &str| resources::is_of_pods(name);
    for (name, amount) in of_containers.iter().filter(|(name, _)| is_supported(name)) {
        default(requests, name, amount.to_string());
    }
    for (name, limit) in limits.iter().filter(|(name, _)| is_supported(name)) {
        default(requests, name, limit.clone());
    }
}

/// On the node's own network a port of the container is one of the node.
fn host_ports(container: &mut Value) {
    for port in items_mut(container, "ports") {
        let number = port["containerPort"].as_i64().unwrap_or(0);
        default_number(port, "hostPort", number);
    }
}

fn requests_from_limits(container: &mut Value) {
    let limits = container["resources"]["limits"].clone();
    let Some(limits) = limits.as_object().filter(|limits| !limits.is_empty()) else { return };
    let requests = present(container, "resources").and_then(|all| object(all, "requests"));
    let Some(requests) = requests else { return };
    for (name, limit) in limits {
        default(requests, name, limit.clone());
    }
}

/// Fills the defaults of a pod spec, in a pod or in a template.
pub(crate) fn spec(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    service_account(spec);
    default(spec, "restartPolicy", "Always");
    default(spec, "dnsPolicy", "ClusterFirst");
    default(spec, "schedulerName", "default-scheduler");
    default(spec, "terminationGracePeriodSeconds", GRACE_SECONDS);
    default(spec, "securityContext", json!({}));
    if let Some(resources) = present(spec, "resources") {
        amounts(resources);
    }
    for name in ["containers", "initContainers", "ephemeralContainers"] {
        for one in items_mut(spec, name) {
            container(one);
        }
    }
    for one in items_mut(spec, "volumes") {
        volume(one);
    }
}

/// The account has an old name besides the new one; both are always shown.
fn service_account(spec: &mut Value) {
    let old = spec["serviceAccount"].clone();
    if !old.is_null() {
        default(spec, "serviceAccountName", old);
    }
    let name = spec["serviceAccountName"].clone();
    if !name.is_null() {
        set(spec, "serviceAccount", name);
    }
}

fn container(container: &mut Value) {
    if !container.is_object() {
        return;
    }
    let policy = pull_policy(text(container, "image"));
    default(container, "imagePullPolicy", policy);
    default(container, "terminationMessagePath", "/dev/termination-log");
    default(container, "terminationMessagePolicy", "File");
    default(container, "resources", json!({}));
    if let Some(resources) = present(container, "resources") {
        amounts(resources);
    }
    for port in items_mut(container, "ports") {
        default(port, "protocol", "TCP");
    }
    for variable in items_mut(container, "env") {
        if let Some(source) = present(variable, "valueFrom") {
            references(source);
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(one) = present(container, name) {
            probe(one);
        }
    }
    for name in ["postStart", "preStop"] {
        if let Some(hook) = present(container, "lifecycle").and_then(|all| present(all, name)) {
            http_get(hook);
        }
    }
}

/// Amounts are kept to a thousandth.
fn amounts(resources: &mut Value) {
    for side in ["limits", "requests"] {
        let list = resources.get_mut(side).and_then(Value::as_object_mut);
        for value in list.into_iter().flat_map(|list| list.values_mut()) {
            if let Some(amount) = demand::amount(value) {
                let rounded = amount.rounded_to_milli();
                if rounded != amount {
                    *value = rounded.to_string().into();
                }
            }
        }
    }
}

fn probe(probe: &mut Value) {
    default_number(probe, "timeoutSeconds", 1);
    default_number(probe, "periodSeconds", 10);
    default_number(probe, "successThreshold", 1);
    default_number(probe, "failureThreshold", 3);
    http_get(probe);
    if let Some(grpc) = present(probe, "grpc") {
        default(grpc, "service", "");
    }
}

fn http_get(handler: &mut Value) {
    if let Some(get) = present(handler, "httpGet") {
        default(get, "path", "/");
        default(get, "scheme", "HTTP");
    }
}

/// Fills references to fields, in variables and in files.
fn references(source: &mut Value) {
    if let Some(field) = present(source, "fieldRef") {
        default(field, "apiVersion", "v1");
    }
    if let Some(resource) = present(source, "resourceFieldRef") {
        default(resource, "divisor", "0");
    }
    if let Some(file) = present(source, "fileKeyRef") {
        default(file, "optional", false);
    }
}

/// An image is pulled each time if its tag may move: `latest`, said or left out.
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or_default();
    let moves = !image.is_empty()
        && !image.contains('@')
        && name.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    if moves { "Always" } else { "IfNotPresent" }
}

fn volume(volume: &mut Value) {
    let Some(fields) = volume.as_object() else { return };
    if fields.keys().all(|name| name == "name") {
        set(volume, "emptyDir", json!({}));
    }
    for name in ["configMap", "secret", "downwardAPI", "projected"] {
        if let Some(source) = present(volume, name) {
            default(source, "defaultMode", FILE_MODE);
            items_mut(source, "items").for_each(references);
            items_mut(source, "sources").for_each(projection);
        }
    }
    if let Some(path) = present(volume, "hostPath") {
        default(path, "type", "");
    }
    if let Some(image) = present(volume, "image") {
        let policy = pull_policy(text(image, "reference"));
        default(image, "pullPolicy", policy);
    }
    if let Some(claim) =
        present(volume, "ephemeral").and_then(|e| present(e, "volumeClaimTemplate"))
        && let Some(spec) = present(claim, "spec")
    {
        default(spec, "volumeMode", "Filesystem");
    }
    foreign_volume(volume);
}

fn projection(source: &mut Value) {
    if let Some(token) = present(source, "serviceAccountToken") {
        default_number(token, "expirationSeconds", TOKEN_SECONDS);
    }
    if let Some(downward) = present(source, "downwardAPI") {
        items_mut(downward, "items").for_each(references);
    }
}

/// Defaults of volumes that belong to other storage systems: accepted and shown, though no Wasm pod mounts them.
fn foreign_volume(volume: &mut Value) {
    const DEFAULTS: &[(&str, &[(&str, &str)])] = &[
        ("iscsi", &[("iscsiInterface", "default")]),
        ("rbd", &[("pool", "rbd"), ("user", "admin"), ("keyring", "/etc/ceph/keyring")]),
        ("azureDisk", &[("cachingMode", "ReadWrite"), ("kind", "Shared"), ("fsType", "ext4")]),
        ("scaleIO", &[("storageMode", "ThinProvisioned"), ("fsType", "xfs")]),
    ];
    for (name, fields) in DEFAULTS {
        if let Some(source) = present(volume, name) {
            for (field, value) in *fields {
                default(source, field, *value);
            }
        }
    }
    if let Some(disk) = present(volume, "azureDisk") {
        default(disk, "readOnly", false);
    }
}

#[cfg(test)]
mod tests;
