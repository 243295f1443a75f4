//! `CSIStorageCapacity`: how much storage of a class is left where.

use machinery::{FieldErrors, names};
use serde_json::Value;

use crate::column::{Column, or_unset};
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::read::text;
use crate::{amount, outdated, selector};

/// How much storage of a class is left where.
#[derive(Debug)]
pub(crate) struct CSIStorageCapacity;

static NAMES: Names = BuiltIn {
    group: "storage.k8s.io",
    version: "v1",
    kind: "CSIStorageCapacity",
    plural: "csistoragecapacities",
    singular: "csistoragecapacity",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("StorageClassName", "The class it is about.", |capacity, _| {
        text(capacity, "storageClassName").into()
    }),
    Column::text("Capacity", "How much is left.", |capacity, _| {
        or_unset(text(capacity, "capacity"))
    }),
];

impl Kind for CSIStorageCapacity {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.storage.v1.CSIStorageCapacity"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn unconditional_update(&self) -> bool {
        false
    }

    fn warnings(&self, capacity: &Value) -> Vec<String> {
        let (topology, mut told) = (&capacity["nodeTopology"], Vec::new());
        outdated::expressions(topology, "nodeTopology", &mut told);
        for label in topology["matchLabels"].as_object().into_iter().flat_map(|all| all.keys()) {
            let old = outdated::label(label);
            told.extend(old.map(|said| format!("nodeTopology.matchLabels.{label}: {said}")));
        }
        told
    }

    fn validate(&self, capacity: &Value, errors: &FieldErrors) {
        let root = errors.root();
        let class = text(capacity, "storageClassName");
        root.check("storageClassName", class, names::dns1123_subdomain(class));
        selector::validate(&capacity["nodeTopology"], &errors.at("nodeTopology"));
        for field in ["capacity", "maximumVolumeSize"] {
            if !capacity[field].is_null() {
                amount::validate(&capacity[field], &errors.at(field));
            }
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        for field in ["nodeTopology", "storageClassName"] {
            errors.root().immutable(field, new.get(field), old.get(field));
        }
    }
}

#[cfg(test)]
mod tests;
