//! What a service means where it is silent.

use serde_json::Value;

use crate::fill::{default, items_mut, object, present, remove, set};
use crate::read::{is_unset, text};

/// How long a client stays with its pod: three hours.
const AFFINITY_SECONDS: i64 = 10_800;

pub(super) fn fill(service: &mut Value) {
    fill_ip_modes(service);
    let Some(spec) = present(service, "spec") else { return };
    default(spec, "sessionAffinity", "None");
    if text(spec, "sessionAffinity") == "None" {
        remove(spec, "sessionAffinityConfig");
    }
    if text(spec, "sessionAffinity") == "ClientIP" {
        let affinity = object(spec, "sessionAffinityConfig");
        if let Some(client) = affinity.and_then(|affinity| object(affinity, "clientIP")) {
            default(client, "timeoutSeconds", AFFINITY_SECONDS);
        }
    }
    default(spec, "type", "ClusterIP");
    for port in items_mut(spec, "ports") {
        default(port, "protocol", "TCP");
        let number = port["port"].clone();
        if is_unset(&port["targetPort"]) || port["targetPort"] == 0 {
            set(port, "targetPort", number);
        }
    }
    fill_policies(spec);
}

fn fill_ip_modes(service: &mut Value) {
    if text(&service["spec"], "type") != "LoadBalancer" {
        return;
    }
    let status = present(service, "status");
    let Some(balancer) = status.and_then(|status| present(status, "loadBalancer")) else { return };
    for ingress in items_mut(balancer, "ingress").filter(|ingress| !text(ingress, "ip").is_empty())
    {
        if ingress["ipMode"].is_null() {
            set(ingress, "ipMode", "VIP");
        }
    }
}

fn fill_policies(spec: &mut Value) {
    if matches!(text(spec, "type"), "NodePort" | "LoadBalancer") {
        default(spec, "externalTrafficPolicy", "Cluster");
    }
    if text(spec, "type") == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", true);
    }
    if super::has_cluster_address(spec) {
        default(spec, "internalTrafficPolicy", "Cluster");
        both_address_fields(spec);
    }
}

/// The first address stands in a field of its own too.
fn both_address_fields(spec: &mut Value) {
    let (one, first) = (spec["clusterIP"].clone(), spec["clusterIPs"][0].clone());
    if is_unset(&first) && !is_unset(&one) {
        set(spec, "clusterIPs", vec![one]);
    } else if !is_unset(&first) {
        default(spec, "clusterIP", first);
    }
}
