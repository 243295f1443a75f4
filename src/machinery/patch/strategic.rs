//! Strategic merge patch: a merge patch that knows which lists are maps and which are sets.

use serde_json::Value;

use crate::{ApiError, Definition, Schemas};

/// Applies a strategic merge patch to an object of this definition.
pub fn apply(
    _object: Value,
    _patch: &Value,
    _schemas: &Schemas,
    _definition: &Definition,
) -> Result<Value, ApiError> {
    todo!()
}
