//! Whether a pod spec can be run.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use super::{container, profiles, resources, scheduling, volume};
use crate::address;
pub(super) use crate::choice::{one_of, optional_one_of};
use crate::metadata::{self, NameRule};
use crate::read::{items, text};

/// Deadlines and identifiers are 32-bit numbers on the nodes.
pub(super) const MAX_SECONDS: i64 = i32::MAX as i64;

/// Checks a pod spec at `path`.
pub(crate) fn validate(spec: &Value, path: &FieldPath<'_>) {
    let volumes = volume::validate_all(spec, &path.at("volumes"));
    container::validate_all(spec, &volumes, path);
    one_of(spec, "restartPolicy", &["Always", "OnFailure", "Never"], path);
    validate_dns(spec, path);
    validate_seconds(spec, path);
    validate_names(spec, path);
    validate_host_aliases(spec, &path.at("hostAliases"));
    validate_security(spec, &path.at("securityContext"));
    resources::validate_of_pod(spec, &path.at("resources"));
    if !spec["os"].is_null() {
        one_of(&spec["os"], "name", &["linux", "windows"], &path.at("os"));
    }
    scheduling::validate(spec, path);
}

fn validate_dns(spec: &Value, path: &FieldPath<'_>) {
    one_of(
        spec,
        "dnsPolicy",
        &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
        path,
    );
    let config = &spec["dnsConfig"];
    let servers: Vec<&str> = items(config, "nameservers").filter_map(Value::as_str).collect();
    let path = path.at("dnsConfig");
    if text(spec, "dnsPolicy") == "None" && servers.is_empty() {
        const DETAIL: &str = "must provide at least one DNS nameserver when `dnsPolicy` is None";
        if config.is_null() {
            path.required("", "must provide `dnsConfig` when `dnsPolicy` is None");
        } else {
            path.required("nameservers", DETAIL);
        }
    }
    for (index, server) in servers.iter().enumerate() {
        address::validate(server, &path.at("nameservers").index(index));
    }
    for (index, search) in items(config, "searches").filter_map(Value::as_str).enumerate() {
        let name = search.strip_suffix('.').unwrap_or(search);
        let problem =
            if name.is_empty() { None } else { names::dns1123_subdomain(&name.replace('_', "a")) };
        path.at("searches").index(index).check("", search, problem);
    }
    for (index, option) in items(config, "options").enumerate() {
        if text(option, "name").is_empty() {
            path.at("options").index(index).required("", "must not be empty");
        }
    }
}

fn validate_seconds(spec: &Value, path: &FieldPath<'_>) {
    if let Some(deadline) = spec["activeDeadlineSeconds"].as_i64()
        && !(1..=MAX_SECONDS).contains(&deadline)
    {
        let detail = format!("must be between 1 and {MAX_SECONDS}, inclusive");
        path.invalid("activeDeadlineSeconds", deadline, &detail);
    }
}

fn validate_names(spec: &Value, path: &FieldPath<'_>) {
    let rules = [
        ("serviceAccountName", NameRule::Subdomain),
        ("nodeName", NameRule::Subdomain),
        ("priorityClassName", NameRule::Subdomain),
        ("runtimeClassName", NameRule::Subdomain),
        ("hostname", NameRule::Label),
        ("subdomain", NameRule::Label),
    ];
    for (field, rule) in rules {
        let name = text(spec, field);
        if !name.is_empty() {
            path.check(field, name, rule.check(name));
        }
    }
    metadata::labels(&spec["nodeSelector"], &path.at("nodeSelector"));
    for (index, gate) in items(spec, "readinessGates").enumerate() {
        let name = text(gate, "conditionType");
        path.at("readinessGates").index(index).check(
            "conditionType",
            name,
            names::qualified_name(name),
        );
    }
    let mut gates = BTreeSet::new();
    for (index, gate) in items(spec, "schedulingGates").enumerate() {
        let (name, path) = (text(gate, "name"), path.at("schedulingGates").index(index));
        path.check("", name, names::qualified_name(name));
        if !gates.insert(name) {
            path.duplicate("", name);
        }
    }
}

fn validate_host_aliases(spec: &Value, path: &FieldPath<'_>) {
    for (index, alias) in items(spec, "hostAliases").enumerate() {
        let path = path.index(index);
        address::validate(text(alias, "ip"), &path.at("ip"));
        for (index, name) in items(alias, "hostnames").filter_map(Value::as_str).enumerate() {
            path.at("hostnames").index(index).check("", name, names::dns1123_subdomain(name));
        }
    }
}

fn validate_security(spec: &Value, path: &FieldPath<'_>) {
    let context = &spec["securityContext"];
    if spec["hostPID"] == true && spec["shareProcessNamespace"] == true {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        path.invalid("shareProcessNamespace", true, detail);
    }
    for field in ["runAsUser", "runAsGroup", "fsGroup"] {
        if let Some(id) = context[field].as_i64()
            && !(0..=MAX_SECONDS).contains(&id)
        {
            path.invalid(field, id, &format!("must be between 0 and {MAX_SECONDS}, inclusive"));
        }
    }
    optional_one_of(context, "fsGroupChangePolicy", &["OnRootMismatch", "Always"], path);
    optional_one_of(context, "supplementalGroupsPolicy", &["Merge", "Strict"], path);
    profiles::validate(context, path);
}

#[cfg(test)]
mod tests;
