//! Settings for devices that only their driver understands.

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::read::{items, text};

/// Every node that prepares a device reads them all.
const MAX_CONFIGS: usize = 32;

/// Checks the settings at `parent.config`.
pub(super) fn validate_all(parent: &Value, path: &FieldPath<'_>) {
    let count = items(parent, "config").count();
    if count > MAX_CONFIGS {
        path.too_many("config", count, MAX_CONFIGS);
    }
    for (index, config) in items(parent, "config").enumerate() {
        let path = path.at("config").index(index);
        let opaque = &config["opaque"];
        if opaque.is_null() {
            path.required("opaque", "");
            continue;
        }
        let path = path.at("opaque");
        match text(opaque, "driver") {
            "" => path.required("driver", ""),
            driver => path.check("driver", driver, names::dns1123_subdomain(driver)),
        }
        match &opaque["parameters"] {
            Value::Null => path.required("parameters", ""),
            Value::Object(_) => {}
            other => {
                path.invalid("parameters", other.clone(), "parameters must be a valid JSON object");
            }
        }
    }
}
