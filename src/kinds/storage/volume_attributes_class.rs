//! `VolumeAttributesClass`: settings of volumes that may change while they are used.

use machinery::FieldErrors;
use serde_json::Value;

use super::parameters;
use crate::column::Column;
use crate::kind::{DeletionAnswer, Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::text;

/// Settings of volumes that may change while they are used.
#[derive(Debug)]
pub(crate) struct VolumeAttributesClass;

static NAMES: Names = BuiltIn {
    group: "storage.k8s.io",
    version: "v1",
    kind: "VolumeAttributesClass",
    plural: "volumeattributesclasses",
    singular: "volumeattributesclass",
    short: &["vac"],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    NAME,
    Column::text("DriverName", "The driver of its volumes.", |class, _| {
        text(class, "driverName").into()
    }),
    Column::AGE,
];

const NAME: Column = Column::name(|class, _| super::marked_name(class, DEFAULT_ANNOTATIONS).into());

/// How the class of claims without a class is marked.
const DEFAULT_ANNOTATIONS: &[&str] = &["volumeattributesclass.kubernetes.io/is-default-class"];

impl Kind for VolumeAttributesClass {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.storage.v1.VolumeAttributesClass"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn validate(&self, class: &Value, errors: &FieldErrors) {
        match text(class, "driverName") {
            "" => errors.root().required("driverName", ""),
            name => super::validate_driver(name, "driverName", &errors.root()),
        }
        let parameters = &class["parameters"];
        if parameters.as_object().is_none_or(serde_json::Map::is_empty) {
            errors.root().required("parameters", "must contain at least one key/value pair");
        }
        parameters::validate(parameters, &errors.at("parameters"));
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        for field in ["driverName", "parameters"] {
            if new[field] != old[field] {
                errors.root().forbidden(field, &format!("updates to {field} are forbidden."));
            }
        }
    }
}

#[cfg(test)]
mod tests;
