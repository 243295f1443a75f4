//! What a service keeps when it changes: addresses and ports that were allocated for it.

use std::collections::{BTreeMap, BTreeSet};

use machinery::FieldErrors;
use serde_json::Value;

use super::{has_cluster_address, has_node_ports, needs_health_check_port};
use crate::fill::{copy, items_mut, present, remove, set};
use crate::read::{is_unset, items, text};

/// Carries over what was allocated and the writer did not repeat, status included.
pub(super) fn keep_allocated(new: &mut Value, old: &Value) {
    copy(new, "status", old);
    let before = &old["spec"];
    let Some(spec) = present(new, "spec") else { return };
    if has_cluster_address(before) && has_cluster_address(spec) {
        keep_addresses(spec, before);
    }
    if has_node_ports(before) && has_node_ports(spec) {
        keep_node_ports(spec, before);
    }
    if needs_health_check_port(before)
        && needs_health_check_port(spec)
        && is_zero(&spec["healthCheckNodePort"])
    {
        copy(spec, "healthCheckNodePort", before);
    }
    drop_what_its_type_has_not(new, old);
}

fn keep_addresses(spec: &mut Value, before: &Value) {
    if is_unset(&spec["clusterIP"]) {
        copy(spec, "clusterIP", before);
    }
    let addresses = spec["clusterIPs"].as_array().is_some_and(|all| !all.is_empty());
    if !addresses && spec["clusterIP"] == before["clusterIP"] {
        copy(spec, "clusterIPs", before);
    }
    for field in ["ipFamilies", "ipFamilyPolicy"] {
        if is_unset(&spec[field]) {
            copy(spec, field, before);
        }
    }
}

fn keep_node_ports(spec: &mut Value, before: &Value) {
    let node_ports = |spec: &Value| -> BTreeSet<i64> {
        items(spec, "ports").filter_map(|port| port["nodePort"].as_i64()).collect()
    };
    let mut used: BTreeSet<i64> = &node_ports(before) & &node_ports(spec);
    let known: BTreeMap<&str, i64> = items(before, "ports")
        .filter_map(|port| Some((text(port, "name"), port["nodePort"].as_i64()?)))
        .collect();
    for port in items_mut(spec, "ports").filter(|port| is_zero(&port["nodePort"])) {
        let Some(node_port) = known.get(text(port, "name")).copied() else { continue };
        if used.insert(node_port) {
            set(port, "nodePort", node_port);
        }
    }
}

fn is_zero(number: &Value) -> bool {
    number.as_i64().unwrap_or(0) == 0
}

/// Removes what was allocated for another type, unless the writer just asked for it.
fn drop_what_its_type_has_not(service: &mut Value, old: &Value) {
    let before = &old["spec"];
    let Some(spec) = present(service, "spec") else { return };
    let unchanged = |spec: &Value, field: &str| spec[field] == before[field];
    if !has_cluster_address(spec) && has_cluster_address(before) {
        for field in
            ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"]
        {
            if unchanged(spec, field) {
                remove(spec, field);
            }
        }
    }
    if has_node_ports(before) && !has_node_ports(spec) {
        let known: BTreeSet<i64> =
            items(before, "ports").filter_map(|port| port["nodePort"].as_i64()).collect();
        for port in items_mut(spec, "ports") {
            if port["nodePort"].as_i64().is_some_and(|number| known.contains(&number)) {
                remove(port, "nodePort");
            }
        }
    }
    if needs_health_check_port(before)
        && !needs_health_check_port(spec)
        && unchanged(spec, "healthCheckNodePort")
    {
        remove(spec, "healthCheckNodePort");
    }
    if !super::is_reached_from_outside(spec) && unchanged(spec, "externalTrafficPolicy") {
        remove(spec, "externalTrafficPolicy");
    }
    if text(spec, "type") != "LoadBalancer" {
        for field in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
            if unchanged(spec, field) {
                remove(spec, field);
            }
        }
        if text(before, "type") == "LoadBalancer" {
            set(service, "status", serde_json::json!({ "loadBalancer": {} }));
        }
    }
}

/// Checks what may not change while the service keeps an address.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    let path = errors.at("spec");
    if needs_health_check_port(new)
        && needs_health_check_port(old)
        && !is_zero(&old["healthCheckNodePort"])
        && new["healthCheckNodePort"] != old["healthCheckNodePort"]
    {
        path.forbidden("healthCheckNodePort", "field is immutable");
    }
    if !has_cluster_address(new) || !has_cluster_address(old) {
        return;
    }
    if !is_unset(&old["clusterIPs"][0]) && new["clusterIPs"][0] != old["clusterIPs"][0] {
        let value = new["clusterIPs"].clone();
        path.at("clusterIPs").index(0).invalid("", value, "may not change once set");
    }
    if !is_unset(&old["ipFamilies"][0]) && new["ipFamilies"][0] != old["ipFamilies"][0] {
        let value = new["ipFamilies"].clone();
        path.at("ipFamilies").index(0).invalid("", value, "may not change once set");
    }
    if text(new, "type") == "LoadBalancer" && text(old, "type") == "LoadBalancer" {
        let field = "loadBalancerClass";
        if new[field] != old[field] {
            path.invalid(field, new[field].clone(), "may not change once set");
        }
    }
}
