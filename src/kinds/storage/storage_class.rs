//! `StorageClass`: a kind of storage, and who makes it.

use machinery::{FieldErrors, names};
use serde_json::Value;

use super::parameters;
use crate::choice::one_of;
use crate::column::Column;
use crate::fill::default;
use crate::kind::{DeletionAnswer, Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::{outdated, required};

/// A kind of storage, and who makes it.
#[derive(Debug)]
pub(crate) struct StorageClass;

static NAMES: Names = BuiltIn {
    group: "storage.k8s.io",
    version: "v1",
    kind: "StorageClass",
    plural: "storageclasses",
    singular: "storageclass",
    short: &["sc"],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    NAME,
    Column::text("Provisioner", "Who makes volumes of it.", |class, _| {
        text(class, "provisioner").into()
    }),
    Column::text("ReclaimPolicy", "What becomes of volumes without a claim.", |class, _| {
        text(class, "reclaimPolicy").into()
    }),
    Column::text("VolumeBindingMode", "When volumes are made.", |class, _| {
        text(class, "volumeBindingMode").into()
    }),
    Column::text("AllowVolumeExpansion", "Whether claims may grow.", |class, _| {
        (class["allowVolumeExpansion"] == true).into()
    }),
    Column::AGE,
];

impl Kind for StorageClass {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.storage.v1.StorageClass"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn set_defaults(&self, class: &mut Value) {
        if class.is_object() {
            default(class, "reclaimPolicy", "Delete");
            default(class, "volumeBindingMode", "Immediate");
        }
    }

    fn warnings(&self, class: &Value) -> Vec<String> {
        let mut told = Vec::new();
        for (index, topology) in items(class, "allowedTopologies").enumerate() {
            for (at, expression) in items(topology, "matchLabelExpressions").enumerate() {
                let path = format_args!("allowedTopologies[{index}].matchLabelExpressions[{at}]");
                let old = outdated::label(text(expression, "key"));
                told.extend(old.map(|message| format!("{path}: {message}")));
            }
        }
        told
    }

    fn validate(&self, class: &Value, errors: &FieldErrors) {
        let root = errors.root();
        match text(class, "provisioner") {
            "" => root.required("provisioner", ""),
            name => root.check("provisioner", name, names::qualified_name(&name.to_lowercase())),
        }
        parameters::validate(&class["parameters"], &errors.at("parameters"));
        one_of(class, "reclaimPolicy", &["Delete", "Retain"], &root);
        one_of(class, "volumeBindingMode", &["Immediate", "WaitForFirstConsumer"], &root);
        for (index, term) in items(class, "allowedTopologies").enumerate() {
            let path = errors.at("allowedTopologies").index(index).at("matchLabelExpressions");
            for (index, expression) in items(term, "matchLabelExpressions").enumerate() {
                let path = path.index(index);
                let key = text(expression, "key");
                path.check("key", key, names::qualified_name(key));
                required::list(expression, "values", "", &path);
            }
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let root = errors.root();
        for field in ["parameters", "provisioner", "reclaimPolicy"] {
            if new[field] != old[field] {
                root.forbidden(field, &format!("updates to {field} are forbidden."));
            }
        }
        let field = "volumeBindingMode";
        root.immutable(field, new.get(field), old.get(field));
    }
}

const NAME: Column = Column::name(|class, _| super::marked_name(class, DEFAULT_ANNOTATIONS).into());

/// How the class of claims without a class is marked.
const DEFAULT_ANNOTATIONS: &[&str] = &[
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
];

#[cfg(test)]
mod tests;
