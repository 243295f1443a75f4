//! What a class tells the driver of its volumes.

use machinery::FieldPath;
use serde_json::Value;

/// More than a driver has settings.
const MAX_PARAMETERS: usize = 512;

/// All names and values together, far less than a value of the store may have.
const MAX_BYTES: usize = 256 * 1024;

/// Checks the parameters at `path`.
pub(super) fn validate(parameters: &Value, path: &FieldPath<'_>) {
    let Some(parameters) = parameters.as_object() else { return };
    if parameters.len() > MAX_PARAMETERS {
        path.too_long("", MAX_PARAMETERS);
        return;
    }
    if parameters.contains_key("") {
        path.invalid("", "", "field can not be empty.");
    }
    let length = |(name, value): (&String, &Value)| name.len() + value.as_str().map_or(0, str::len);
    if parameters.iter().map(length).sum::<usize>() > MAX_BYTES {
        path.too_long("", MAX_BYTES);
    }
}
