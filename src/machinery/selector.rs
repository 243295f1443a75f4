//! Label and field selectors.

mod field;
mod label;

pub use field::{FieldOperator, FieldRequirement, FieldSelector};
pub use label::{LabelSelector, Labels, Operator, Requirement};

use crate::ApiError;

/// Requirements of a selector that a client asks by. Each is kept as long as its watch and looked at for each change.
const MAX_REQUIREMENTS: usize = 256;

fn refuse_many(requirements: usize) -> Result<(), ApiError> {
    if requirements <= MAX_REQUIREMENTS {
        return Ok(());
    }
    let why = format!("invalid selector: must have at most {MAX_REQUIREMENTS} requirements");
    Err(ApiError::bad_request(why))
}
