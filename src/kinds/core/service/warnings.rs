//! What the writer of a service may have meant differently.

use serde_json::Value;

use crate::address;
use crate::read::{items, text};

const OLD_HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const HINTS: &str = "service.kubernetes.io/topology-mode";

pub(super) fn of(service: &Value) -> Vec<String> {
    let (spec, mut told) = (&service["spec"], Vec::new());
    if service["metadata"]["annotations"].get(OLD_HINTS).is_some() {
        told.push(format!("annotation {OLD_HINTS} is deprecated, please use {HINTS} instead"));
    }
    let kind = text(spec, "type");
    if kind != "ExternalName" && text(spec, "clusterIP") != "None" {
        of_addresses(spec, "clusterIPs", &mut told);
    }
    let has_external = items(spec, "externalIPs").next().is_some();
    if kind == "ClusterIP" && text(spec, "clusterIP") == "None" {
        let affinity = text(spec, "sessionAffinity") != "None";
        let ignored = [
            ("loadBalancerIP", !text(spec, "loadBalancerIP").is_empty()),
            ("externalIPs", has_external),
            ("SessionAffinity", affinity),
        ];
        for (field, _) in ignored.iter().filter(|(_, set)| *set) {
            told.push(format!("spec.{field} is ignored for headless services"));
        }
    }
    of_addresses(spec, "externalIPs", &mut told);
    told.extend(address::warning(text(spec, "loadBalancerIP"), "spec.loadBalancerIP"));
    for (index, range) in items(spec, "loadBalancerSourceRanges").enumerate() {
        let path = format!("spec.loadBalancerSourceRanges[{index}]");
        address::warn_of_range(range.as_str().unwrap_or_default(), &path, &mut told);
    }
    if kind == "ExternalName" && has_external {
        told.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if kind != "ExternalName" && !text(spec, "externalName").is_empty() {
        told.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
    if text(spec, "trafficDistribution") == "PreferClose" {
        let message =
            r#"spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone""#;
        told.push(message.to_owned());
    }
    told
}

fn of_addresses(spec: &Value, field: &str, told: &mut Vec<String>) {
    for (index, own) in items(spec, field).filter_map(Value::as_str).enumerate() {
        told.extend(address::warning(own, &format!("spec.{field}[{index}]")));
    }
}
