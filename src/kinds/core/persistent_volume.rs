//! `PersistentVolume`: storage that outlives pods.

pub(super) mod access_mode;
mod source;

use jiff::Timestamp;
use machinery::{FieldErrors, FieldPath, names, time};
use serde_json::{Value, json};

use super::persistent_volume_claim::{phase, storage_class, warn_of_class};
use super::pod::scheduling;
use crate::choice::optional_one_of;
use crate::column::{Column, or_unset};
use crate::fill::{default, present, set};
use crate::kind::{DeletionAnswer, Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::text;
use crate::subresource::Subresource;
use crate::{amount, outdated, required};

/// Storage that outlives pods.
#[derive(Debug)]
pub(crate) struct PersistentVolume;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "PersistentVolume",
    plural: "persistentvolumes",
    singular: "persistentvolume",
    short: &["pv"],
    categories: &[],
}
.names();

const RECLAIM_POLICIES: &[&str] = &["Delete", "Recycle", "Retain"];

/// Where the options of a mount were before there was a field for them.
const OPTIONS_ANNOTATION: &str = "volume.beta.kubernetes.io/mount-options";

const RECYCLES: &str = "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the \
    recommended approach is to use dynamic provisioning.";

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Capacity", "How much it holds.", |volume, _| {
        match &volume["spec"]["capacity"]["storage"] {
            Value::Null => "0".into(),
            capacity => capacity.clone(),
        }
    }),
    Column::text("Access Modes", "Who may use it at a time.", |volume, _| {
        access_mode::short(&volume["spec"]).into()
    }),
    Column::text("Reclaim Policy", "What becomes of it without a claim.", |volume, _| {
        text(&volume["spec"], "persistentVolumeReclaimPolicy").into()
    }),
    Column::text("Status", "Whether it has a claim.", |volume, _| phase(volume).into()),
    Column::text(
        "Claim",
        "The claim it belongs to.",
        |volume, _| match &volume["spec"]["claimRef"] {
            Value::Null => "".into(),
            claim => format!("{}/{}", text(claim, "namespace"), text(claim, "name")).into(),
        },
    ),
    Column::text("StorageClass", "Its class.", |volume, _| storage_class(volume).into()),
    Column::text("VolumeAttributesClass", "The class of its attributes.", |volume, _| {
        or_unset(text(&volume["spec"], "volumeAttributesClassName"))
    }),
    Column::text("Reason", "Why it is in its state.", |volume, _| {
        text(&volume["status"], "reason").into()
    }),
    Column::AGE,
    Column::wide("VolumeMode", "Whether it is a directory or a device.", |volume, _| {
        or_unset(text(&volume["spec"], "volumeMode"))
    }),
];

impl Kind for PersistentVolume {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.PersistentVolume"
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

    fn set_defaults(&self, volume: &mut Value) {
        let Some(spec) = present(volume, "spec") else { return };
        default(spec, "persistentVolumeReclaimPolicy", "Retain");
        default(spec, "volumeMode", "Filesystem");
        if let Some(path) = present(spec, "hostPath") {
            default(path, "type", "");
        }
    }

    fn prepare_create(&self, volume: &mut Value) {
        let now = volume["metadata"]["creationTimestamp"].clone();
        set(volume, "status", json!({ "phase": "Pending", "lastPhaseTransitionTime": now }));
    }

    /// Says since when it has been in its phase, unless its controller does.
    fn date_status(&self, new: &mut Value, old: &Value, now: Timestamp) {
        const SINCE: &str = "lastPhaseTransitionTime";
        let (Some(status), old) = (present(new, "status"), &old["status"]) else { return };
        if status["phase"] != old["phase"]
            && (status[SINCE].is_null() || status[SINCE] == old[SINCE])
        {
            set(status, SINCE, time::format_time(now));
        }
    }

    fn warnings(&self, volume: &Value) -> Vec<String> {
        let (spec, mut told) = (&volume["spec"], Vec::new());
        warn_of_class(volume, &mut told);
        if volume["metadata"]["annotations"].get(OPTIONS_ANNOTATION).is_some() {
            told.push(format!(
                "metadata.annotations[{OPTIONS_ANNOTATION}]: deprecated since v1.31; use \"mountOptions\" attribute instead"
            ));
        }
        if text(spec, "persistentVolumeReclaimPolicy") == "Recycle" {
            told.push(RECYCLES.to_owned());
        }
        outdated::terms(&spec["nodeAffinity"]["required"], "spec.nodeAffinity.required", &mut told);
        outdated::volume(spec, "spec", &mut told);
        told
    }

    fn validate(&self, volume: &Value, errors: &FieldErrors) {
        let (spec, path) = (&volume["spec"], errors.at("spec"));
        required::list(spec, "accessModes", "", &path);
        access_mode::validate(spec, &path);
        validate_capacity(&spec["capacity"], &path.at("capacity"));
        source::validate(spec, &path);
        optional_one_of(spec, "persistentVolumeReclaimPolicy", RECLAIM_POLICIES, &path);
        let class = text(spec, "storageClassName");
        if !class.is_empty() {
            path.check("storageClassName", class, names::dns1123_subdomain(class));
        }
        optional_one_of(spec, "volumeMode", &["Block", "Filesystem"], &path);
        let nodes = &spec["nodeAffinity"];
        if !nodes.is_null() {
            let path = path.at("nodeAffinity");
            match &nodes["required"] {
                Value::Null => path.required("required", "must specify required node constraints"),
                required => scheduling::validate_node_selector(required, &path.at("required")),
            }
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let (new, old) = (&new["spec"], &old["spec"]);
        if source::has_changed(new, old) {
            let detail = "spec.persistentvolumesource is immutable after creation";
            errors.at("spec").forbidden("persistentvolumesource", detail);
        }
        let path = errors.root();
        path.immutable("volumeMode", new.get("volumeMode"), old.get("volumeMode"));
        if !old["nodeAffinity"].is_null() {
            path.immutable("nodeAffinity", new.get("nodeAffinity"), old.get("nodeAffinity"));
        }
    }
}

fn validate_capacity(capacity: &Value, path: &FieldPath<'_>) {
    let Some(amounts) = capacity.as_object().filter(|amounts| !amounts.is_empty()) else {
        path.required("", "");
        return;
    };
    if amounts.len() > 1 || !amounts.contains_key("storage") {
        path.not_supported("", capacity.clone(), &["storage"]);
    }
    for (name, amount) in amounts {
        amount::validate_positive(amount, &path.key(name));
    }
}

#[cfg(test)]
mod tests;
