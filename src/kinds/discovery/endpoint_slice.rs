//! EndpointSlice: some of the addresses behind a service.

use std::collections::BTreeSet;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::Value;

use crate::column::Column;
use crate::core::endpoints::shortened;
use crate::fill::{default, items_mut};
use crate::kind::{Kind, content_changes};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::{address, metadata, port};

/// Some of the addresses behind a service.
#[derive(Debug)]
pub(crate) struct EndpointSlice;

static NAMES: Names = BuiltIn {
    group: "discovery.k8s.io",
    version: "v1",
    kind: "EndpointSlice",
    plural: "endpointslices",
    singular: "endpointslice",
    short: &[],
    categories: &[],
}
.names();

/// Endpoints of one slice: a watcher reads a slice as a whole whenever one of them changes.
const MAX_ENDPOINTS: usize = 1000;

/// Addresses of one endpoint: consumers use the first and may ignore the rest.
const MAX_ADDRESSES: usize = 100;

/// Ports of one slice: more than any service declares.
const MAX_PORTS: usize = 20_000;

/// Zones, or nodes, that an endpoint is meant for.
const MAX_HINTS: usize = 8;

/// Labels that say where an endpoint is.
const MAX_TOPOLOGY_LABELS: usize = 16;

const ADDRESS_TYPES: &[&str] = &["FQDN", "IPv4", "IPv6"];
const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const UNSET: &str = "<unset>";

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("AddressType", "The family of its addresses.", |slice, _| {
        text(slice, "addressType").into()
    }),
    Column::text("Ports", "Ports of every endpoint.", |slice, _| ports(slice).into()),
    Column::text("Endpoints", "Addresses of the endpoints.", |slice, _| {
        let addresses = items(slice, "endpoints").flat_map(|one| items(one, "addresses"));
        shortened(addresses.filter_map(Value::as_str), str::to_owned, UNSET).into()
    }),
    Column::AGE,
];

impl Kind for EndpointSlice {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.discovery.v1.EndpointSlice"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn generation(&self) -> bool {
        true
    }

    /// Its labels say whose addresses they are.
    fn generation_changes(&self, new: &Value, old: &Value) -> bool {
        content_changes(new, old) || new["metadata"]["labels"] != old["metadata"]["labels"]
    }

    fn set_defaults(&self, slice: &mut Value) {
        for port in items_mut(slice, "ports") {
            if port["name"].is_null() {
                default(port, "name", "");
            }
            default(port, "protocol", "TCP");
        }
    }

    fn validate(&self, slice: &Value, errors: &FieldErrors) {
        validate_form(slice, errors);
        validate_ports(slice, &errors.at("ports"));
        validate_endpoints(slice, &errors.at("endpoints"));
    }

    /// Endpoints that stay as they are may be older than what is asked of addresses.
    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        validate_form(new, errors);
        if new["ports"] != old["ports"] {
            validate_ports(new, &errors.at("ports"));
        }
        if new["endpoints"] != old["endpoints"] {
            validate_endpoints(new, &errors.at("endpoints"));
        }
        self.validate_update(new, old, errors);
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        errors.root().immutable("addressType", new.get("addressType"), old.get("addressType"));
    }
}

fn validate_form(slice: &Value, errors: &FieldErrors) {
    let root = errors.root();
    match text(slice, "addressType") {
        "" => root.required("addressType", ""),
        known if ADDRESS_TYPES.contains(&known) => {}
        other => root.not_supported("addressType", other, ADDRESS_TYPES),
    }
}

fn validate_endpoints(slice: &Value, path: &FieldPath<'_>) {
    let count = items(slice, "endpoints").count();
    if count > MAX_ENDPOINTS {
        path.too_many("", count, MAX_ENDPOINTS);
        return;
    }
    let (kind, of_server) = (text(slice, "addressType"), address::is_of_server(slice));
    for (index, endpoint) in items(slice, "endpoints").enumerate() {
        let path = path.index(index);
        let addresses: Vec<&str> = items(endpoint, "addresses").filter_map(Value::as_str).collect();
        match addresses.len() {
            0 => path.required("addresses", "must contain at least 1 address"),
            count if count > MAX_ADDRESSES => path.too_many("addresses", count, MAX_ADDRESSES),
            _ => {}
        }
        for (index, one) in addresses.iter().enumerate() {
            validate_address(one, kind, of_server, &path.at("addresses").index(index));
        }
        validate_place(endpoint, &path);
        let hostname = text(endpoint, "hostname");
        if !hostname.is_empty() {
            path.check("hostname", hostname, names::dns1123_label(hostname));
        }
        for list in ["forZones", "forNodes"] {
            validate_hints(&endpoint["hints"], list, &path.at("hints").at(list));
        }
    }
}

fn validate_place(endpoint: &Value, path: &FieldPath<'_>) {
    if let Some(node) = endpoint["nodeName"].as_str() {
        path.check("nodeName", node, names::dns1123_subdomain(node));
    }
    let labels = &endpoint["deprecatedTopology"];
    let count = labels.as_object().map_or(0, serde_json::Map::len);
    if count > MAX_TOPOLOGY_LABELS {
        path.too_many("deprecatedTopology", count, MAX_TOPOLOGY_LABELS);
    }
    metadata::labels(labels, &path.at("deprecatedTopology"));
}

/// Checks for whom an endpoint is meant: zones have names as labels have values, nodes have their own.
fn validate_hints(hints: &Value, list: &str, path: &FieldPath<'_>) {
    let count = items(hints, list).count();
    if count > MAX_HINTS {
        path.too_many("", count, MAX_HINTS);
        return;
    }
    let mut seen = BTreeSet::new();
    for (index, hint) in items(hints, list).enumerate() {
        let (name, path) = (text(hint, "name"), path.index(index));
        if !seen.insert(name) {
            path.duplicate("name", name);
        }
        let problem = match list {
            "forZones" => names::label_value(name),
            _ => names::dns1123_subdomain(name),
        };
        path.check("name", name, problem);
    }
}

fn validate_address(one: &str, kind: &str, of_server: bool, path: &FieldPath<'_>) {
    match kind {
        "FQDN" => path.check("", one, names::dns1123_subdomain(one)),
        "IPv4" if one.parse::<std::net::Ipv4Addr>().is_err() => {
            path.invalid("", one, "must be a valid IPv4 address");
        }
        "IPv6" if one.parse::<std::net::Ipv6Addr>().is_err() => {
            path.invalid("", one, "must be a valid IPv6 address");
        }
        _ if of_server => {}
        _ => address::validate_reachable(one, path),
    }
}

fn validate_ports(slice: &Value, path: &FieldPath<'_>) {
    let count = items(slice, "ports").count();
    if count > MAX_PORTS {
        path.too_many("", count, MAX_PORTS);
        return;
    }
    let mut seen = BTreeSet::new();
    for (index, one) in items(slice, "ports").enumerate() {
        let path = path.index(index);
        let name = text(one, "name");
        if !name.is_empty() {
            path.check("name", name, names::dns1123_label(name));
        }
        if !seen.insert(name) {
            path.duplicate("name", name);
        }
        match text(one, "protocol") {
            "" => path.required("protocol", ""),
            known if PROTOCOLS.contains(&known) => {}
            other => path.not_supported("protocol", other, PROTOCOLS),
        }
        if let Some(number) = one["port"].as_i64() {
            port::validate_number(number, "port", &path);
        }
        if let Some(protocol) = one["appProtocol"].as_str() {
            path.check("appProtocol", protocol, names::qualified_name(protocol));
        }
    }
}

fn ports(slice: &Value) -> String {
    let ports = items(slice, "ports").map(|one| match (one["port"].as_i64(), text(one, "name")) {
        (Some(number), _) => number.to_string(),
        (None, "") => "*".to_owned(),
        (None, name) => name.to_owned(),
    });
    shortened(ports, |port| port, UNSET)
}

#[cfg(test)]
mod tests;
