//! ConfigMap: configuration for pods, as text or bytes.

use machinery::{FieldErrors, names};
use serde_json::Value;

use crate::column::Column;
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};

/// The size of all data together: what etcd holds comfortably in one value.
pub(crate) const MAX_DATA_BYTES: usize = 1024 * 1024;

/// Configuration for pods.
#[derive(Debug)]
pub(crate) struct ConfigMap;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "ConfigMap",
    plural: "configmaps",
    singular: "configmap",
    short: &["cm"],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Data", "How many keys there are.", |map, _| {
        (entries(map, "data").count() + entries(map, "binaryData").count()).into()
    }),
    Column::AGE,
];

impl Kind for ConfigMap {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.ConfigMap"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn validate(&self, object: &Value, errors: &FieldErrors) {
        let mut bytes = 0;
        for (key, value) in entries(object, "data") {
            let path = errors.at("data").key(key);
            path.check("", key, names::config_key(key));
            if object["binaryData"].get(key).is_some() {
                path.invalid("", key.as_str(), "duplicate of key present in binaryData");
            }
            bytes += value.as_str().unwrap_or_default().len();
        }
        for (key, value) in entries(object, "binaryData") {
            errors.at("binaryData").key(key).check("", key, names::config_key(key));
            bytes += decoded_bytes(value.as_str().unwrap_or_default());
        }
        if bytes > MAX_DATA_BYTES {
            errors.root().too_long("", MAX_DATA_BYTES);
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        immutable_data(new, old, &["data", "binaryData"], errors);
    }
}

/// Once `immutable` is set, neither it nor the fields can change.
pub(super) fn immutable_data(new: &Value, old: &Value, fields: &[&str], errors: &FieldErrors) {
    const DETAIL: &str = "field is immutable when `immutable` is set";
    if old["immutable"] != true {
        return;
    }
    if new["immutable"] != true {
        errors.root().forbidden("immutable", DETAIL);
    }
    for field in fields {
        if new[*field] != old[*field] {
            errors.root().forbidden(field, DETAIL);
        }
    }
}

/// The entries of a map of data.
pub(super) fn entries<'a>(
    object: &'a Value,
    field: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object[field].as_object().into_iter().flatten()
}

/// How many bytes base64 text stands for.
pub(super) fn decoded_bytes(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}

#[cfg(test)]
mod tests;
