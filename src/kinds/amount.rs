//! Amounts of resources, as documents write them.

use machinery::{FieldPath, Quantity};
use serde_json::Value;

/// The quantity a value stands for, if it is one.
pub fn parse(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// Reports what is no amount, or less than nothing.
pub(crate) fn validate(value: &Value, path: &FieldPath<'_>) {
    match parse(value) {
        Some(amount) if amount.is_negative() => {
            path.invalid("", value.clone(), "must be greater than or equal to 0");
        }
        Some(_) => {}
        None => path.invalid("", value.clone(), "must be a quantity"),
    }
}

/// Reports what is no amount, or nothing at all.
pub(crate) fn validate_positive(value: &Value, path: &FieldPath<'_>) {
    match parse(value) {
        Some(amount) if amount.is_negative() || amount.is_zero() => {
            path.invalid("", value.clone(), "must be greater than zero");
        }
        Some(_) => {}
        None => path.invalid("", value.clone(), "must be a quantity"),
    }
}
