//! `CSINode`: the storage drivers of a node.

use std::collections::BTreeSet;

use machinery::{FieldErrors, names};
use serde_json::Value;

use crate::column::Column;
use crate::kind::{DeletionAnswer, Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::number;
use crate::read::{items, text};

/// The storage drivers of a node.
#[derive(Debug)]
pub(crate) struct CSINode;

static NAMES: Names = BuiltIn {
    group: "storage.k8s.io",
    version: "v1",
    kind: "CSINode",
    plural: "csinodes",
    singular: "csinode",
    short: &[],
    categories: &[],
}
.names();

/// As long as the interface to drivers allows.
const MAX_NODE_ID_BYTES: usize = 192;

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::number("Drivers", "How many drivers it has.", |node, _| {
        items(&node["spec"], "drivers").count().into()
    }),
    Column::AGE,
];

impl Kind for CSINode {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.storage.v1.CSINode"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn unconditional_update(&self) -> bool {
        false
    }

    fn validate(&self, node: &Value, errors: &FieldErrors) {
        let mut seen = BTreeSet::new();
        for (index, driver) in items(&node["spec"], "drivers").enumerate() {
            let path = errors.at("spec").at("drivers").index(index);
            let name = text(driver, "name");
            super::validate_driver(name, "name", &path);
            if !seen.insert(name) {
                path.duplicate("name", name);
            }
            match text(driver, "nodeID") {
                "" => path.required("nodeID", ""),
                id if id.len() > MAX_NODE_ID_BYTES => {
                    let detail = format!("must be {MAX_NODE_ID_BYTES} characters or less");
                    path.invalid("nodeID", id, &detail);
                }
                _ => {}
            }
            number::not_negative(&driver["allocatable"], &["count"], &path.at("allocatable"));
            for key in items(driver, "topologyKeys").filter_map(Value::as_str) {
                path.check("topologyKeys", key, names::qualified_name(key));
            }
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        for (index, driver) in items(&new["spec"], "drivers").enumerate() {
            let known =
                items(&old["spec"], "drivers").find(|known| known["name"] == driver["name"]);
            let same = |known: &Value| {
                ["nodeID", "topologyKeys"].iter().all(|field| known[*field] == driver[*field])
            };
            if known.is_some_and(|known| !same(known)) {
                let path = errors.at("spec").at("drivers").index(index);
                path.invalid("", driver.clone(), "field is immutable");
            }
        }
    }
}

#[cfg(test)]
mod tests;
