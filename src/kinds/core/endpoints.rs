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
        let Some(repacked) = repack::repacked(subsets) else { return false };
        let differs = repacked.is_empty() || *subsets != repacked;
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
    let offers = items(endpoints, "subsets").flat_map(|subset| {
        repack::ports_or_none(subset).into_iter().flat_map(move |port| {
            items(subset, "addresses").map(move |one| (text(one, "ip"), port))
        })
    });
    let shown = |(ip, port): (&str, Option<&Value>)| match port.map(|port| &port["port"]) {
        None => ip.to_owned(),
        Some(port) if ip.contains(':') => format!("[{ip}]:{port}"),
        Some(port) => format!("{ip}:{port}"),
    };
    shortened(offers, shown, NONE)
}

/// The first few of a list, and how many more there are; `empty` when there are none.
pub(crate) fn shortened<T>(
    mut all: impl Iterator<Item = T>,
    shown: impl Fn(T) -> String,
    empty: &str,
) -> String {
    let first: Vec<String> = all.by_ref().take(SHOWN).map(shown).collect();
    match (first.is_empty(), all.count()) {
        (true, _) => empty.to_owned(),
        (false, 0) => first.join(","),
        (false, more) => format!("{} + {more} more...", first.join(",")),
    }
}

#[cfg(test)]
mod tests;
