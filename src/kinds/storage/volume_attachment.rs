//! `VolumeAttachment`: a volume that is to be attached to a node.

use machinery::{FieldErrors, names};
use serde_json::{Value, json};

use crate::column::Column;
use crate::fill::set;
use crate::kind::{DeletionAnswer, Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{is_unset, text};
use crate::subresource::Subresource;

/// A volume that is to be attached to a node.
#[derive(Debug)]
pub(crate) struct VolumeAttachment;

static NAMES: Names = BuiltIn {
    group: "storage.k8s.io",
    version: "v1",
    kind: "VolumeAttachment",
    plural: "volumeattachments",
    singular: "volumeattachment",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Attacher", "The driver that attaches it.", |attachment, _| {
        text(&attachment["spec"], "attacher").into()
    }),
    Column::text("PV", "The volume.", |attachment, _| {
        text(&attachment["spec"]["source"], "persistentVolumeName").into()
    }),
    Column::text("Node", "The node.", |attachment, _| text(&attachment["spec"], "nodeName").into()),
    Column::flag("Attached", "Whether it is attached.", |attachment, _| {
        (attachment["status"]["attached"] == true).into()
    }),
    Column::AGE,
];

impl Kind for VolumeAttachment {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.storage.v1.VolumeAttachment"
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

    fn unconditional_update(&self) -> bool {
        false
    }

    fn prepare_create(&self, attachment: &mut Value) {
        set(attachment, "status", json!({ "attached": false }));
    }

    fn status_goes_alone(&self) -> bool {
        true
    }

    fn validate(&self, attachment: &Value, errors: &FieldErrors) {
        let (spec, path) = (&attachment["spec"], errors.at("spec"));
        super::validate_driver(text(spec, "attacher"), "attacher", &path);
        let (source, at) = (&spec["source"], path.at("source"));
        let volume = &source["persistentVolumeName"];
        match (source["inlineVolumeSpec"].is_null(), volume.is_null()) {
            (true, true) => {
                at.required(
                    "",
                    "must specify exactly one of inlineVolumeSpec and persistentVolumeName",
                );
            }
            (false, false) => at.forbidden(
                "",
                "must specify exactly one of inlineVolumeSpec and persistentVolumeName",
            ),
            (true, false) if is_unset(volume) => {
                at.required("persistentVolumeName", "must specify non empty persistentVolumeName");
            }
            _ => {}
        }
        let node = text(spec, "nodeName");
        path.check("nodeName", node, names::dns1123_subdomain(node));
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        errors.root().immutable("spec", new.get("spec"), old.get("spec"));
    }

    fn validate_status(&self, attachment: &Value, errors: &FieldErrors) {
        let (status, path) = (&attachment["status"], errors.at("status"));
        let metadata = status["attachmentMetadata"].as_object();
        let mut bytes = 0;
        for (key, value) in metadata.into_iter().flatten() {
            bytes += key.len() + value.as_str().unwrap_or_default().len();
            if key.is_empty() {
                path.at("attachmentMetadata").key(key).required("", "");
            }
        }
        if bytes > MAX_METADATA_BYTES {
            path.too_long("attachmentMetadata", MAX_METADATA_BYTES);
        }
        for field in ["attachError", "detachError"] {
            if text(&status[field], "message").len() > MAX_MESSAGE_BYTES {
                path.at(field).too_long("message", MAX_MESSAGE_BYTES);
            }
        }
    }
}

/// What a driver notes about an attachment has to fit into one value of the store, and a message onto a screen.
const MAX_METADATA_BYTES: usize = 256 * 1024;
const MAX_MESSAGE_BYTES: usize = 1024;

#[cfg(test)]
mod tests;
