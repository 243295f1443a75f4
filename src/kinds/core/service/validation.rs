//! Whether a service can be served.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use super::{is_reached_from_outside, needs_health_check_port};
use crate::address::{self, is_cidr};
use crate::read::{items, text};
use crate::{metadata, port};

const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const POLICIES: &[&str] = &["Cluster", "Local"];

/// A client that stays longer than a day with its pod is not balanced at all.
const MAX_AFFINITY_SECONDS: i64 = 86_400;

/// Checks a spec; addresses and ranges that an old one has already are bearable.
pub(super) fn validate(spec: &Value, old: &Value, path: &FieldPath<'_>) {
    let kind = text(spec, "type");
    match kind {
        "" => path.required("type", ""),
        _ if TYPES.contains(&kind) => {}
        _ => path.not_supported("type", kind, TYPES),
    }
    match kind {
        "ExternalName" => validate_external_name(spec, path),
        "LoadBalancer" | "NodePort" if is_headless(spec) => {
            let detail = format!("may not be set to 'None' for {kind} services");
            path.at("clusterIPs").index(0).invalid("", "None", &detail);
        }
        _ => {}
    }
    validate_ports(spec, path);
    metadata::labels(&spec["selector"], &path.at("selector"));
    validate_affinity(spec, path);
    validate_addresses(spec, old, path);
    if spec["loadBalancerSourceRanges"] != old["loadBalancerSourceRanges"]
        || spec["type"] != old["type"]
    {
        validate_source_ranges(spec, path);
    }
    validate_families(spec, path);
    validate_policies(spec, path);
}

fn is_headless(spec: &Value) -> bool {
    text(spec, "clusterIP") == "None"
}

fn validate_external_name(spec: &Value, path: &FieldPath<'_>) {
    if items(spec, "clusterIPs").next().is_some() {
        path.forbidden("clusterIPs", "may not be set for ExternalName services");
    }
    let name = text(spec, "externalName");
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        path.required("externalName", "");
    } else {
        path.check("externalName", name, names::dns1123_subdomain(name));
    }
}

fn validate_ports(spec: &Value, path: &FieldPath<'_>) {
    let count = items(spec, "ports").count();
    if count == 0 && !is_headless(spec) && text(spec, "type") != "ExternalName" {
        path.required("ports", "");
    }
    let (mut seen, mut taken, mut node_ports) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (index, one) in items(spec, "ports").enumerate() {
        let path = path.at("ports").index(index);
        let name = text(one, "name");
        if name.is_empty() {
            if count > 1 {
                path.required("name", "");
            }
        } else if let Some(problem) = names::dns1123_label(name) {
            path.invalid("name", name, &problem);
        } else if !seen.insert(name) {
            path.duplicate("name", name);
        }
        validate_port(one, spec, &path);
        let key = (text(one, "protocol"), one["port"].as_i64());
        if !taken.insert(key) {
            path.duplicate("", one.clone());
        }
        let node_port = one["nodePort"].as_i64().unwrap_or(0);
        if node_port != 0 && !node_ports.insert((node_port, text(one, "protocol"))) {
            path.duplicate("nodePort", node_port);
        }
    }
}

fn validate_port(one: &Value, spec: &Value, path: &FieldPath<'_>) {
    port::validate_number(one["port"].as_i64().unwrap_or(0), "port", path);
    match text(one, "protocol") {
        "" => path.required("protocol", ""),
        protocol if PROTOCOLS.contains(&protocol) => {}
        protocol => path.not_supported("protocol", protocol, PROTOCOLS),
    }
    port::validate_number_or_name(&one["targetPort"], "targetPort", path);
    let node_port = one["nodePort"].as_i64().unwrap_or(0);
    let kind = text(spec, "type");
    if node_port != 0 && matches!(kind, "ClusterIP" | "ExternalName") {
        path.forbidden("nodePort", &format!("may not be used when `type` is '{kind}'"));
    }
}

fn validate_affinity(spec: &Value, path: &FieldPath<'_>) {
    let affinity = text(spec, "sessionAffinity");
    let config = &spec["sessionAffinityConfig"];
    match affinity {
        "" => path.required("sessionAffinity", ""),
        "ClientIP" => {
            let seconds = config["clientIP"]["timeoutSeconds"].as_i64().unwrap_or(1);
            if !(1..=MAX_AFFINITY_SECONDS).contains(&seconds) {
                let detail = format!("must be greater than 0 and less than {MAX_AFFINITY_SECONDS}");
                let path = path.at("sessionAffinityConfig").at("clientIP");
                path.invalid("timeoutSeconds", seconds, &detail);
            }
        }
        "None" if !config.is_null() => {
            path.forbidden(
                "sessionAffinityConfig",
                "must not be set when session affinity is None",
            );
        }
        "None" => {}
        other => path.not_supported("sessionAffinity", other, &["ClientIP", "None"]),
    }
}

fn validate_source_ranges(spec: &Value, path: &FieldPath<'_>) {
    // Kubernetes blames it under the name its own code has for it.
    let path = path.at("LoadBalancerSourceRanges");
    let mut ranges = items(spec, "loadBalancerSourceRanges").peekable();
    if ranges.peek().is_some() && text(spec, "type") != "LoadBalancer" {
        path.forbidden("", "may only be used when `type` is 'LoadBalancer'");
    }
    for (index, range) in ranges.enumerate() {
        let range = range.as_str().unwrap_or_default().trim();
        if !is_cidr(range) {
            let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
            path.index(index).invalid("", range, detail);
        }
    }
}

fn validate_addresses(spec: &Value, old: &Value, path: &FieldPath<'_>) {
    for (index, own) in items(spec, "clusterIPs").filter_map(Value::as_str).enumerate() {
        if own != "None" && !own.is_empty() {
            address::validate(own, &path.at("clusterIPs").index(index));
        }
    }
    let known = |own: &str| items(old, "externalIPs").any(|old| old == own);
    for (index, own) in items(spec, "externalIPs").filter_map(Value::as_str).enumerate() {
        if !known(own) {
            let path = path.at("externalIPs").index(index);
            address::validate(own, &path);
            address::validate_reachable(own, &path);
        }
    }
}

fn validate_families(spec: &Value, path: &FieldPath<'_>) {
    let mut families = BTreeSet::new();
    for (index, family) in items(spec, "ipFamilies").filter_map(Value::as_str).enumerate() {
        let path = path.at("ipFamilies").index(index);
        if !matches!(family, "IPv4" | "IPv6") {
            path.not_supported("", family, &["IPv4", "IPv6"]);
        } else if !families.insert(family) {
            path.duplicate("", family);
        }
    }
    supported(
        spec,
        "ipFamilyPolicy",
        &["SingleStack", "PreferDualStack", "RequireDualStack"],
        path,
    );
}

fn validate_policies(spec: &Value, path: &FieldPath<'_>) {
    let outside = text(spec, "externalTrafficPolicy");
    if !outside.is_empty() && !is_reached_from_outside(spec) {
        let detail = "may only be set for externally-accessible services";
        path.invalid("externalTrafficPolicy", outside, detail);
    }
    supported(spec, "externalTrafficPolicy", POLICIES, path);
    supported(spec, "internalTrafficPolicy", POLICIES, path);
    supported(
        spec,
        "trafficDistribution",
        &["PreferClose", "PreferSameZone", "PreferSameNode"],
        path,
    );
    let health_check = spec["healthCheckNodePort"].as_i64().unwrap_or(0);
    if needs_health_check_port(spec) {
        port::validate_number(health_check, "healthCheckNodePort", path);
    } else if health_check != 0 {
        let detail =
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        path.invalid("healthCheckNodePort", health_check, detail);
    }
    if !spec["loadBalancerClass"].is_null() && text(spec, "type") != "LoadBalancer" {
        path.forbidden("loadBalancerClass", "may only be used when `type` is 'LoadBalancer'");
    }
}

fn supported(spec: &Value, field: &str, known: &[&str], path: &FieldPath<'_>) {
    let value = text(spec, field);
    if !value.is_empty() && !known.contains(&value) {
        path.not_supported(field, value, known);
    }
}

/// Checks how a load balancer delivers, which is said of addresses alone.
pub(super) fn validate_ip_mode(ingress: &Value, path: &FieldPath<'_>) {
    let mode = &ingress["ipMode"];
    match (text(ingress, "ip").is_empty(), mode.is_null()) {
        (false, true) => path.required("ipMode", "must be specified when `ip` is set"),
        (true, false) => path.forbidden("ipMode", "may not be specified when `ip` is not set"),
        _ => {}
    }
    if !mode.is_null() && !matches!(mode.as_str(), Some("Proxy" | "VIP")) {
        path.not_supported("ipMode", mode.clone(), &["Proxy", "VIP"]);
    }
}
