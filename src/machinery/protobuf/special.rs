//! The messages that are plain values in JSON: times, durations, quantities, numbers or text, raw JSON.

use jiff::Timestamp;
use serde_json::Value;

use super::Error;
use super::wire::{Reader, Wire};
use crate::strict::Strictness;
use crate::time::{format_duration, format_micro_time, format_time, has_four_digit_year};
use crate::{FieldValidation, Quantity, json};

/// Seconds and nanoseconds; an empty message is no time at all.
pub(super) fn time(message: &[u8], micro: bool) -> Result<Value, Error> {
    if message.is_empty() {
        return Ok(Value::Null);
    }
    let (mut seconds, mut nanos) = (0, 0);
    let mut reader = Reader::new(message);
    while let Some((number, value)) = reader.next()? {
        match number {
            1 => seconds = value.integer()?,
            2 => nanos = i32::try_from(value.integer()?).map_err(|_| Error::Malformed)?,
            _ => {}
        }
    }
    let time = Timestamp::new(seconds, nanos).map_err(|error| Error::Value(error.to_string()))?;
    if !has_four_digit_year(time) {
        return Err(Error::Value("year outside of range [0,9999]".to_owned()));
    }
    let text = if micro { format_micro_time(time) } else { format_time(time) };
    Ok(Value::String(text))
}

/// Nanoseconds.
pub(super) fn duration(message: &[u8]) -> Result<Value, Error> {
    let nanos = field(message, 1)?.map_or(Ok(0), Wire::integer)?;
    Ok(Value::String(format_duration(nanos)))
}

/// Text; nothing is zero.
pub(super) fn quantity(message: &[u8]) -> Result<Value, Error> {
    let text = field(message, 1)?.map_or(Ok(""), Wire::text)?;
    let text = if text.is_empty() { "0" } else { text };
    let quantity: Quantity =
        text.parse().map_err(|error: crate::ParseQuantityError| Error::Value(error.to_string()))?;
    Ok(Value::String(quantity.to_string()))
}

/// A type, then a number or text.
pub(super) fn int_or_string(message: &[u8]) -> Result<Value, Error> {
    let (mut is_text, mut integer, mut text) = (false, 0, "");
    let mut reader = Reader::new(message);
    while let Some((number, value)) = reader.next()? {
        match number {
            1 => is_text = value.integer()? == 1,
            2 => integer = i32::try_from(value.integer()?).map_err(|_| Error::Malformed)?,
            3 => text = value.text()?,
            _ => {}
        }
    }
    Ok(if is_text { Value::from(text) } else { Value::from(integer) })
}

/// JSON as bytes; no bytes are no value.
pub(super) fn raw(message: &[u8]) -> Result<Value, Error> {
    let bytes = field(message, 1)?.map_or(Ok(&[][..]), Wire::bytes)?;
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let mut strictness = Strictness::new(FieldValidation::Ignore);
    json::parse(bytes, &mut strictness).map_err(Error::Value)
}

/// The last occurrence of one field.
pub(super) fn field(message: &[u8], wanted: u32) -> Result<Option<Wire<'_>>, Error> {
    let mut found = None;
    let mut reader = Reader::new(message);
    while let Some((number, value)) = reader.next()? {
        if number == wanted {
            found = Some(value);
        }
    }
    Ok(found)
}
