//! Endpoints: the addresses behind a service, as they were listed before EndpointSlice.

mod repack;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::Value;

use crate::choice::one_of;
use crate::column::{Column, NONE};
use crate::fill::{default, items_mut, remove, set};
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::{address, port};

/// The addresses behind a service.
#[derive(Debug)]
pub(crate) struct Endpoints;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "Endpoints",
    plural: "endpoints",
    singular: "endpoints",
    short: &["ep"],
    categories: &[],
}
.names();

/// How many addresses a cell shows before it only counts.
const SHOWN: usize = 3;

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Endpoints", "Addresses that are ready, with their ports.", |endpoints, _| {
        joined(endpoints).into()
    }),
    Column::AGE,
];

impl Kind for Endpoints {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.Endpoints"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn set_defaults(&self, endpoints: &mut Value) {
        for subset in items_mut(endpoints, "subsets") {
            for port in items_mut(subset, "ports") {
                default(port, "protocol", "TCP");
            }
        }
    }

    fn validate(&self, endpoints: &Value, errors: &FieldErrors) {
        for (index, subset) in items(endpoints, "subsets").enumerate() {
            let path = errors.at("subsets").index(index);
            validate_subset(subset, address::is_of_server(endpoints), &path);
        }
    }

    fn canonicalize(&self, endpoints: &mut Value) -> bool {
        let Some(subsets) = endpoints["subsets"].as_array() else { return false };
        let repacked = repack::repacked(subsets);
        let differs = *subsets != repacked;
        if repacked.is_empty() {
            remove(endpoints, "subsets");
        } else {
            set(endpoints, "subsets", repacked);
        }
        differs
    }

    fn deprecation(&self) -> Option<&str> {
        Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
    }
}

fn validate_subset(subset: &Value, of_server: bool, path: &FieldPath<'_>) {
    let lists = ["addresses", "notReadyAddresses"];
    if lists.iter().all(|list| items(subset, list).next().is_none()) {
        path.required("", "must specify `addresses` or `notReadyAddresses`");
    }
    for list in lists {
        for (index, one) in items(subset, list).enumerate() {
            let path = path.at(list).index(index);
            address::validate(text(one, "ip"), &path.at("ip"));
            if !of_server {
                address::validate_reachable(text(one, "ip"), &path.at("ip"));
            }
            let (hostname, node) = (text(one, "hostname"), text(one, "nodeName"));
            if !hostname.is_empty() {
                path.check("hostname", hostname, names::dns1123_label(hostname));
            }
            if !node.is_empty() {
                path.check("nodeName", node, names::dns1123_subdomain(node));
            }
        }
    }
    let count = items(subset, "ports").count();
    for (index, one) in items(subset, "ports").enumerate() {
        let path = path.at("ports").index(index);
        let name = text(one, "name");
        if !name.is_empty() {
            path.check("name", name, names::dns1123_label(name));
        } else if count > 1 {
            path.required("name", "");
        }
        one_of(one, "protocol", &["SCTP", "TCP", "UDP"], &path);
        port::validate_number(one["port"].as_i64().unwrap_or(0), "port", &path);
        if let Some(protocol) = one["appProtocol"].as_str() {
            path.check("appProtocol", protocol, names::qualified_name(protocol));
        }
    }
}

fn joined(endpoints: &Value) -> String {
    let mut all = Vec::new();
    for subset in items(endpoints, "subsets") {
        let addresses: Vec<&str> = items(subset, "addresses").map(|one| text(one, "ip")).collect();
        let mut ports = items(subset, "ports").filter_map(|one| one["port"].as_i64()).peekable();
        if ports.peek().is_none() {
            all.extend(addresses.iter().map(ToString::to_string));
        }
        for port in ports {
            all.extend(addresses.iter().map(|ip| {
                if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
            }));
        }
    }
    shortened(&all, NONE)
}

/// The first few of a list, and how many more there are; `empty` when there are none.
pub(crate) fn shortened(all: &[String], empty: &str) -> String {
    match all {
        [] => empty.to_owned(),
        all if all.len() > SHOWN => {
            format!("{} + {} more...", all[..SHOWN].join(","), all.len() - SHOWN)
        }
        all => all.join(","),
    }
}

#[cfg(test)]
mod tests;
