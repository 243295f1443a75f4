//! Node: a machine that runs pods.

mod columns;

use std::collections::BTreeSet;

use machinery::document::scalar_at;
use machinery::{FieldErrors, FieldPath, names};
use serde_json::Value;

use super::pod::resources;
use crate::address::is_cidr;
use crate::column::Column;
use crate::fill::{default, present, set};
use crate::kind::{FieldLabel, Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{is_unset, items, text};
use crate::subresource::Subresource;

/// A machine that runs pods.
#[derive(Debug)]
pub(crate) struct Node;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "Node",
    plural: "nodes",
    singular: "node",
    short: &["no"],
    categories: &[],
}
.names();

static SELECTABLE: &[FieldLabel] =
    &[FieldLabel::new("spec.unschedulable", |node| match scalar_at(node, "/spec/unschedulable") {
        unset if unset.is_empty() => "false".into(),
        set => set,
    })];

impl Kind for Node {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.Node"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status, Subresource::Proxy]
    }

    fn columns(&self) -> &[Column] {
        columns::COLUMNS
    }

    fn selectable(&self) -> &[FieldLabel] {
        SELECTABLE
    }

    fn set_defaults(&self, node: &mut Value) {
        if let Some(status) = present(node, "status") {
            let capacity = status["capacity"].clone();
            if !capacity.is_null() {
                default(status, "allocatable", capacity);
            }
        }
        if let Some(spec) = present(node, "spec") {
            both_cidr_fields(spec);
        }
    }

    /// A node keeps the status it is created with: that is how kubelets register.
    fn prepare_create(&self, _node: &mut Value) {}

    fn validate(&self, node: &Value, errors: &FieldErrors) {
        let path = errors.at("spec");
        validate_taints(&node["spec"], &path.at("taints"));
        for (index, range) in items(&node["spec"], "podCIDRs").enumerate() {
            let range = range.as_str().unwrap_or_default();
            if !is_cidr(range) {
                let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
                path.at("podCIDRs").index(index).invalid("", range, detail);
            }
        }
        self.validate_status(node, errors);
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let path = errors.at("spec");
        let (new, old) = (&new["spec"], &old["spec"]);
        if !is_unset(&old["podCIDR"]) && new["podCIDRs"] != old["podCIDRs"] {
            let detail = "node updates may not change podCIDR except from \"\" to valid";
            path.forbidden("podCIDRs", detail);
        }
        if !is_unset(&old["providerID"]) && new["providerID"] != old["providerID"] {
            let detail = "node updates may not change providerID except from \"\" to valid";
            path.forbidden("providerID", detail);
        }
    }

    fn warnings(&self, node: &Value) -> Vec<String> {
        let old = [
            ("configSource", "deprecated in v1.22, support removal is planned in v1.23"),
            ("externalID", "this field is deprecated, and is unused by Kubernetes"),
        ];
        let used = old.iter().filter(|(field, _)| !is_unset(&node["spec"][*field]));
        used.map(|(field, message)| format!("spec.{field}: {message}")).collect()
    }

    fn validate_status(&self, node: &Value, errors: &FieldErrors) {
        let (status, path) = (&node["status"], errors.at("status"));
        for field in ["capacity", "allocatable"] {
            for (name, amount) in status[field].as_object().into_iter().flatten() {
                resources::validate_amount(name, amount, &path.at(field).key(name));
            }
        }
        let mut seen = BTreeSet::new();
        for (index, one) in items(status, "addresses").enumerate() {
            if !seen.insert((text(one, "type"), text(one, "address"))) {
                path.at("addresses").index(index).duplicate("", one.clone());
            }
        }
    }
}

/// The first range stands in a field of its own too.
fn both_cidr_fields(spec: &mut Value) {
    let (first, all) = (spec["podCIDR"].clone(), spec["podCIDRs"][0].clone());
    if is_unset(&all) && !is_unset(&first) {
        set(spec, "podCIDRs", vec![first]);
    } else if !is_unset(&all) {
        default(spec, "podCIDR", all);
    }
}

fn validate_taints(spec: &Value, path: &FieldPath<'_>) {
    const EFFECTS: &[&str] = &["NoExecute", "NoSchedule", "PreferNoSchedule"];
    let mut seen = BTreeSet::new();
    for (index, taint) in items(spec, "taints").enumerate() {
        let path = path.index(index);
        let (key, value, effect) =
            (text(taint, "key"), text(taint, "value"), text(taint, "effect"));
        path.check("key", key, names::qualified_name(key));
        path.check("value", value, names::label_value(value));
        match effect {
            "" => path.required("effect", ""),
            _ if EFFECTS.contains(&effect) => {}
            _ => path.not_supported("effect", effect, EFFECTS),
        }
        if !seen.insert((key, effect)) {
            path.duplicate("", taint.clone());
        }
    }
}

#[cfg(test)]
mod tests;
