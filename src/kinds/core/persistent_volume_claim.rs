//! `PersistentVolumeClaim`: a wish for storage that outlives pods.

mod update;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::{Value, json};

use super::persistent_volume::access_mode;
use crate::choice::optional_one_of;
use crate::column::{Column, or_unset};
use crate::fill::{default, present, set};
use crate::kind::{DeletionAnswer, Kind};
use crate::names::{BuiltIn, Names};
use crate::read::{is_unset, items, text};
use crate::subresource::Subresource;
use crate::{amount, required, selector};

/// A wish for storage that outlives pods.
#[derive(Debug)]
pub(crate) struct PersistentVolumeClaim;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    short: &["pvc"],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Status", "Whether it has a volume.", |claim, _| phase(claim).into()),
    Column::text("Volume", "The volume it has.", |claim, _| {
        text(&claim["spec"], "volumeName").into()
    }),
    Column::text("Capacity", "How much the volume holds.", |claim, _| {
        of_bound(claim, &claim["status"]["capacity"]["storage"])
    }),
    Column::text("Access Modes", "Who may use the volume at a time.", |claim, _| {
        let modes = access_mode::short(&claim["status"]);
        of_bound(claim, &modes.into())
    }),
    Column::text("StorageClass", "The class of its volume.", |claim, _| {
        storage_class(claim).into()
    }),
    Column::text("VolumeAttributesClass", "The class of its volume's attributes.", |claim, _| {
        or_unset(text(&claim["spec"], "volumeAttributesClassName"))
    }),
    Column::AGE,
    Column::wide("VolumeMode", "Whether it is a directory or a device.", |claim, _| {
        or_unset(text(&claim["spec"], "volumeMode"))
    }),
];

impl Kind for PersistentVolumeClaim {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.PersistentVolumeClaim"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn set_defaults(&self, claim: &mut Value) {
        if let Some(spec) = present(claim, "spec") {
            default(spec, "volumeMode", "Filesystem");
        }
    }

    fn prepare_create(&self, claim: &mut Value) {
        set(claim, "status", json!({ "phase": "Pending" }));
        let Some(spec) = present(claim, "spec") else { return };
        same_source_twice(spec);
    }

    fn validate(&self, claim: &Value, errors: &FieldErrors) {
        validate_spec(&claim["spec"], &errors.at("spec"));
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        update::validate(new, old, errors);
    }
}

/// What a table says of its state.
pub(super) fn phase(object: &Value) -> &str {
    match &object["metadata"]["deletionTimestamp"] {
        Value::Null => text(&object["status"], "phase"),
        _ => "Terminating",
    }
}

fn of_bound(claim: &Value, value: &Value) -> Value {
    if text(&claim["spec"], "volumeName").is_empty() || value.is_null() {
        "".into()
    } else {
        value.clone()
    }
}

/// The class a claim or a volume names, in its field or in the annotation of old.
pub(super) fn storage_class(object: &Value) -> &str {
    let annotation = &object["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"];
    annotation.as_str().unwrap_or(text(&object["spec"], "storageClassName"))
}

/// The source has an old field besides the new one; both always say the same.
fn same_source_twice(spec: &mut Value) {
    let (old, new) = (spec["dataSource"].clone(), spec["dataSourceRef"].clone());
    if !old.is_null() && new.is_null() {
        set(spec, "dataSourceRef", old);
    } else if old.is_null() && !new.is_null() && new["namespace"].is_null() {
        set(spec, "dataSource", new);
    }
}

/// Checks a spec, in a claim or in the template of one.
pub(crate) fn validate_spec(spec: &Value, path: &FieldPath<'_>) {
    if items(spec, "accessModes").next().is_none() {
        path.required("accessModes", "at least 1 access mode is required");
    }
    selector::validate(&spec["selector"], &path.at("selector"));
    access_mode::validate(spec, path);
    let wanted = &spec["resources"]["requests"]["storage"];
    let storage = path.at("resources").key("storage");
    if wanted.is_null() {
        storage.required("", "");
    } else {
        amount::validate_positive(wanted, &storage);
    }
    for field in ["storageClassName", "volumeAttributesClassName"] {
        let name = text(spec, field);
        if !name.is_empty() {
            path.check(field, name, names::dns1123_subdomain(name));
        }
    }
    optional_one_of(spec, "volumeMode", &["Block", "Filesystem"], path);
    for field in ["dataSource", "dataSourceRef"] {
        let source = &spec[field];
        if source.is_null() {
            continue;
        }
        let path = path.at(field);
        required::fields(source, &["kind", "name"], &path);
        let core = is_unset(&source["apiGroup"]);
        if core && text(source, "kind") != "PersistentVolumeClaim" {
            let kind = text(source, "kind");
            path.invalid(
                "",
                kind,
                "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
            );
        }
    }
}

#[cfg(test)]
mod tests;
