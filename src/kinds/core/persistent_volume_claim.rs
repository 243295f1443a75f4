//! `PersistentVolumeClaim`: a wish for storage that outlives pods.

mod source;
mod update;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::{Value, json};

use super::persistent_volume::access_mode;
use crate::choice::optional_one_of;
use crate::column::{Column, or_unset};
use crate::fill::{copy, default, present, set};
use crate::kind::{DeletionAnswer, Kind};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::subresource::Subresource;
use crate::{amount, selector};

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
        match &claim["status"]["capacity"]["storage"] {
            Value::Null => of_bound(claim, &"0".into()),
            amount => of_bound(claim, amount),
        }
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
        if let Some(spec) = present(claim, "spec") {
            source::settle(spec, &Value::Null);
        }
    }

    fn prepare_update(&self, new: &mut Value, old: &Value) {
        copy(new, "status", old);
        if let Some(spec) = present(new, "spec") {
            source::settle(spec, &old["spec"]);
        }
    }

    fn validate(&self, claim: &Value, errors: &FieldErrors) {
        validate_spec(&claim["spec"], &errors.at("spec"));
    }

    /// What a claim begins with stays, so that a later write cannot mend it.
    fn validate_create(&self, claim: &Value, errors: &FieldErrors) {
        source::validate_groups(&claim["spec"], &errors.at("spec"));
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        update::validate(new, old, errors);
    }

    fn warnings(&self, claim: &Value) -> Vec<String> {
        let mut told = Vec::new();
        warn_of_class(claim, &mut told);
        warn_of_fractions(&claim["spec"], "spec", &mut told);
        told
    }

    fn validate_status(&self, claim: &Value, errors: &FieldErrors) {
        let (status, path) = (&claim["status"], errors.at("status"));
        for (name, amount) in status["capacity"].as_object().into_iter().flatten() {
            validate_amount(amount, &path.at("capacity").key(name));
        }
        for field in ["allocatedResources", "allocatedResourceStatuses"] {
            for (name, value) in status[field].as_object().into_iter().flatten() {
                let path = path.at(field).key(name);
                validate_resource(name, &path);
                if field == "allocatedResources" {
                    validate_amount(value, &path);
                }
            }
        }
    }
}

fn validate_amount(amount: &Value, path: &FieldPath<'_>) {
    if let Some(found) = amount::parse(amount).filter(|amount| amount.is_negative()) {
        path.invalid("", found.value(), "must be a valid resource quantity");
    }
}

/// A claim is for storage; other resources are for drivers to name.
fn validate_resource(name: &str, path: &FieldPath<'_>) {
    let native = !name.contains('/') || name.contains("kubernetes.io/");
    if let Some(problem) = names::qualified_name(name) {
        path.invalid("", name, &problem);
    } else if native && name != "storage" {
        path.not_supported("", name, &["storage"]);
    }
}

/// Tells of amounts in the spec at `path` that are no whole bytes.
pub(crate) fn warn_of_fractions(spec: &Value, path: &str, told: &mut Vec<String>) {
    for side in ["requests", "limits"] {
        let value = &spec["resources"][side]["storage"];
        if amount::parse(value).is_some_and(|amount| !amount.is_whole()) {
            told.push(format!(
                "{path}.resources.{side}[storage]: fractional byte value {value} is invalid, must be an integer"
            ));
        }
    }
}

/// Tells of the annotation that named a class.
pub(super) fn warn_of_class(object: &Value, told: &mut Vec<String>) {
    if object["metadata"]["annotations"].get(CLASS_ANNOTATION).is_some() {
        told.push(format!(
            "metadata.annotations[{CLASS_ANNOTATION}]: deprecated since v1.8; use \"storageClassName\" attribute instead"
        ));
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

/// Where a claim or a volume named its class before there was a field for it.
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// The class a claim or a volume names, in its field or in the annotation of old.
pub(super) fn storage_class(object: &Value) -> &str {
    let annotation = &object["metadata"]["annotations"][CLASS_ANNOTATION];
    annotation.as_str().unwrap_or(text(&object["spec"], "storageClassName"))
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
    source::validate(spec, path);
}

#[cfg(test)]
mod tests;
