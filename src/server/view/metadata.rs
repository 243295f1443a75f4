//! Objects reduced to their metadata.

use bytes::Bytes;
use serde_json::{Value, json};

pub(crate) const KIND: &str = "PartialObjectMetadata";
pub(crate) const API_VERSION: &str = "meta.k8s.io/v1";

/// An object without anything but its metadata.
pub(crate) fn partial(object: &Value) -> Value {
    json!({ "kind": KIND, "apiVersion": API_VERSION, "metadata": object["metadata"] })
}

/// The same of bytes: `metadata` is that of an object.
pub(crate) fn partial_bytes(metadata: &[u8]) -> Bytes {
    let start = format!(r#"{{"kind":"{KIND}","apiVersion":"{API_VERSION}","metadata":"#);
    [start.as_bytes(), metadata, b"}"].concat().into()
}
