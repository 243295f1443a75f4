//! JSON patch (RFC 6902).

use serde_json::Value;

use crate::ApiError;

/// Applies a list of operations; fails when one of them does.
pub fn apply(_object: Value, _patch: &Value) -> Result<Value, ApiError> {
    todo!()
}
