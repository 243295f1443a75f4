//! What a plain scalar means, by the rules of go-yaml: YAML 1.1's words and numbers, times left as text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value};

/// Floats up to here are whole numbers exactly.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// The value of a plain scalar; `None` for what JSON has no word for (infinities and NaN).
pub(super) fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            return Some(Value::Bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            return Some(Value::Bool(false));
        }
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return None;
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Some(Value::from(text));
    }
    Some(number(text).unwrap_or_else(|| Value::from(text)))
}

/// The text of a key; `None` for what cannot be one.
pub(super) fn key(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `!!binary`: base64 of text.
pub(super) fn binary(text: &str) -> Option<Value> {
    let compact: String = text.split_ascii_whitespace().collect();
    String::from_utf8(STANDARD.decode(compact).ok()?).ok().map(Value::String)
}

fn number(text: &str) -> Option<Value> {
    let text = text.replace('_', "");
    integer(&text).or_else(|| float(&text))
}

/// Go's integer literals: `0x1f`, `0o17`, `017`, `0b11`, `42`.
fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -magnitude } else { magnitude };
    i64::try_from(value).map(Value::from).or_else(|_| u64::try_from(value).map(Value::from)).ok()
}

/// A decimal fraction; one that is whole becomes an integer, as Go's JSON prints it.
fn float(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let allowed = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    if !digits.bytes().all(allowed) || !digits.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    if value.fract() == 0.0 && value.abs() <= MAX_EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the exact range")]
        return Some(Value::from(value as i64));
    }
    Number::from_f64(value).map(Value::Number)
}
