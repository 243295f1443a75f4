//! Ports, by number or by name.

use machinery::{FieldPath, names};
use serde_json::Value;

const RANGE: std::ops::RangeInclusive<i64> = 1..=65535;

/// Reports a number that is no port.
pub(crate) fn validate_number(number: i64, field: &str, path: &FieldPath<'_>) {
    if !RANGE.contains(&number) {
        path.invalid(field, number, "must be between 1 and 65535, inclusive");
    }
}

/// Reports what is neither the number nor the name of a port.
pub(crate) fn validate_number_or_name(port: &Value, field: &str, path: &FieldPath<'_>) {
    match port {
        Value::String(name) => path.check(field, name, names::port_name(name)),
        number => validate_number(number.as_i64().unwrap_or(0), field, path),
    }
}
