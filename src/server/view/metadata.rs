//! Objects reduced to their metadata.

use serde_json::{Value, json};

pub(crate) const KIND: &str = "PartialObjectMetadata";
pub(crate) const API_VERSION: &str = "meta.k8s.io/v1";

/// An object without anything but its metadata.
pub(crate) fn partial(object: &Value) -> Value {
    json!({ "kind": KIND, "apiVersion": API_VERSION, "metadata": object["metadata"] })
}
