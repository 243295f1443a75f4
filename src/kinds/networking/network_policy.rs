//! `NetworkPolicy`: who may talk to a set of pods, and whom they may talk to.

mod peer;

use machinery::{FieldErrors, FieldPath};
use serde_json::{Value, json};

use crate::choice::optional_one_of;
use crate::column::{Column, or_none};
use crate::fill::{default, items_mut, present, set};
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::read::items;
use crate::scale::selector_text;
use crate::{port, selector};

/// Who may talk to a set of pods, and whom they may talk to.
#[derive(Debug)]
pub(crate) struct NetworkPolicy;

static NAMES: Names = BuiltIn {
    group: "networking.k8s.io",
    version: "v1",
    kind: "NetworkPolicy",
    plural: "networkpolicies",
    singular: "networkpolicy",
    short: &["netpol"],
    categories: &[],
}
.names();

/// The two directions, each with the field for whom is at the other end.
const DIRECTIONS: [(&str, &str); 2] = [("ingress", "from"), ("egress", "to")];

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Pod-Selector", "The pods it is about.", |policy, _| {
        or_none(&selector_text(&policy["spec"]["podSelector"]))
    }),
    Column::AGE,
];

impl Kind for NetworkPolicy {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.networking.v1.NetworkPolicy"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn generation(&self) -> bool {
        true
    }

    fn set_defaults(&self, policy: &mut Value) {
        let Some(spec) = present(policy, "spec") else { return };
        for (direction, _) in DIRECTIONS {
            for rule in items_mut(spec, direction) {
                for port in items_mut(rule, "ports").filter(|port| port.is_object()) {
                    default(port, "protocol", "TCP");
                }
            }
        }
        if items(spec, "policyTypes").next().is_none() {
            let sends = items(spec, "egress").next().is_some();
            let types = if sends { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
            set(spec, "policyTypes", types);
        }
    }

    fn validate(&self, policy: &Value, errors: &FieldErrors) {
        let (spec, path) = (&policy["spec"], errors.at("spec"));
        selector::validate(&spec["podSelector"], &path.at("podSelector"));
        for (direction, peers) in DIRECTIONS {
            for (index, rule) in items(spec, direction).enumerate() {
                let path = path.at(direction).index(index);
                for (index, port) in items(rule, "ports").enumerate() {
                    validate_port(port, &path.at("ports").index(index));
                }
                for (index, peer) in items(rule, peers).enumerate() {
                    peer::validate(peer, &path.at(peers).index(index));
                }
            }
        }
        let types: Vec<&str> = items(spec, "policyTypes").filter_map(Value::as_str).collect();
        if types.len() > DIRECTIONS.len() {
            let detail = "may not specify more than two policyTypes";
            path.invalid("policyTypes", spec["policyTypes"].clone(), detail);
            return;
        }
        for (index, name) in types.into_iter().enumerate() {
            if !matches!(name, "Ingress" | "Egress") {
                let path = path.at("policyTypes").index(index);
                path.not_supported("", name, &["Egress", "Ingress"]);
            }
        }
    }
}

fn validate_port(one: &Value, path: &FieldPath<'_>) {
    optional_one_of(one, "protocol", &["SCTP", "TCP", "UDP"], path);
    if !one["port"].is_null() {
        port::validate_number_or_name(&one["port"], "port", path);
    }
    let Some(end) = one["endPort"].as_i64() else { return };
    match &one["port"] {
        Value::Null => {
            path.invalid("endPort", end, "may not be specified when `port` is not specified");
        }
        Value::String(_) => {
            path.invalid("endPort", end, "may not be specified when `port` is non-numeric");
        }
        first => {
            port::validate_number(end, "endPort", path);
            if first.as_i64().is_some_and(|first| end < first) {
                path.invalid("endPort", end, "must be greater than or equal to `port`");
            }
        }
    }
}

#[cfg(test)]
mod tests;
