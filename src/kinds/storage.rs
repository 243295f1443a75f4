//! The group `storage.k8s.io`.

mod csi_driver;
mod csi_node;
mod csi_storage_capacity;
mod parameters;
mod storage_class;
mod volume_attachment;
mod volume_attributes_class;

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::read::text;

pub(crate) use csi_driver::CSIDriver;
pub(crate) use csi_node::CSINode;
pub(crate) use csi_storage_capacity::CSIStorageCapacity;
pub(crate) use storage_class::StorageClass;
pub(crate) use volume_attachment::VolumeAttachment;
pub(crate) use volume_attributes_class::VolumeAttributesClass;

/// The name of a driver becomes part of a socket's path.
const MAX_DRIVER_BYTES: usize = 63;

/// Checks the name of a driver.
fn validate_driver(name: &str, field: &str, path: &FieldPath<'_>) {
    if name.is_empty() {
        path.required(field, "");
        return;
    }
    if name.len() > MAX_DRIVER_BYTES {
        path.too_long(field, MAX_DRIVER_BYTES);
    }
    path.check(field, name, names::dns1123_subdomain(&name.to_lowercase()));
}

/// The name of a class, with a mark if one of the annotations makes it the default.
fn marked_name(class: &Value, annotations: &[&str]) -> String {
    let metadata = &class["metadata"];
    let marked = annotations.iter().any(|name| metadata["annotations"][*name] == "true");
    let name = text(metadata, "name");
    if marked { format!("{name} (default)") } else { name.to_owned() }
}
