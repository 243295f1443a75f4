//! JSON patch (RFC 6902).

use serde_json::Value;

use crate::{ApiError, Reason};

/// Operations of one patch: each may copy a part of the document, so their number is bounded (upstream's limit).
const MAX_OPERATIONS: usize = 10_000;

/// Applies a list of operations; fails when one of them does.
pub fn apply(mut object: Value, patch: &Value) -> Result<Value, ApiError> {
    let operations = patch.as_array().map_or(0, Vec::len);
    if operations > MAX_OPERATIONS {
        let message = format!(
            "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {operations}"
        );
        return Err(ApiError::new(Reason::RequestEntityTooLarge, message));
    }
    let patch: json_patch::Patch = serde_json::from_value(patch.clone())
        .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
    json_patch::patch_unsafe(&mut object, &patch).map_err(ApiError::unprocessable)?;
    Ok(object)
}

#[cfg(test)]
mod tests;
