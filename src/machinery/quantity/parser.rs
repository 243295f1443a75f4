//! Reads a quantity.

use super::{BINARY, DECIMAL, Format, MAX_UNITS, NANOS, ParseQuantityError, Quantity};

/// More fraction digits than this are below a nano even with the largest suffix, 10¹⁸.
const MAX_FRACTION_DIGITS: usize = 28;

pub(super) fn parse(text: &str) -> Result<Quantity, ParseQuantityError> {
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        Some(_) => (false, text),
        None => return Err(ParseQuantityError::Format),
    };
    let (whole, rest) = split_digits(rest);
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    if !looks_like_suffix(suffix) {
        return Err(ParseQuantityError::Format);
    }
    let unit = Unit::parse(suffix).ok_or(ParseQuantityError::Suffix)?;
    let nanos = unit.nanos(whole, fraction).unwrap_or(MAX_UNITS * NANOS);
    Ok(Quantity { nanos: if negative { -nanos } else { nanos }, format: unit.format })
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// `[eEinumkKMGTP]*[-+]?[0-9]*`
fn looks_like_suffix(suffix: &str) -> bool {
    let rest = suffix.trim_start_matches(|letter| "eEinumkKMGTP".contains(letter));
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    rest.bytes().all(|byte| byte.is_ascii_digit())
}

struct Unit {
    /// The factor is `base` to the power of `exponent`.
    base: u32,
    exponent: i32,
    format: Format,
}

impl Unit {
    fn parse(suffix: &str) -> Option<Self> {
        let index = |table: &[&str]| table.iter().position(|name| *name == suffix);
        if let Some(power) = index(&DECIMAL) {
            let exponent = i32::try_from(power).ok()? * 3 - 9;
            return Some(Self { base: 10, exponent, format: Format::Decimal });
        }
        if let Some(power) = index(&BINARY) {
            let exponent = i32::try_from(power).ok()? * 10;
            return Some(Self { base: 2, exponent, format: Format::Binary });
        }
        let exponent = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
        Some(Self { base: 10, exponent, format: Format::Exponent })
    }

    /// The amount in nanos, rounded up; `None` when it is too large.
    fn nanos(&self, whole: &str, fraction: &str) -> Option<i128> {
        let (kept, dropped) = fraction.split_at(fraction.len().min(MAX_FRACTION_DIGITS));
        let kept = kept.trim_end_matches('0');
        let mut digits: i128 = 0;
        for digit in whole.bytes().chain(kept.bytes()) {
            digits = digits.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        }
        let places = i32::try_from(kept.len()).ok()?;
        let inexact = dropped.bytes().any(|digit| digit != b'0');
        let nanos = if self.base == 2 {
            let scaled = digits.checked_mul(1 << self.exponent)?;
            shift_decimal(scaled, 9 - places)?
        } else {
            shift_decimal(digits, self.exponent.saturating_add(9 - places))?
        };
        Some(if nanos == 0 && inexact { 1 } else { nanos })
    }
}

/// `number` times ten to the power of `places`, rounded up.
fn shift_decimal(number: i128, places: i32) -> Option<i128> {
    let Some(factor) = 10_i128.checked_pow(places.unsigned_abs()) else {
        return if places < 0 { Some(number.signum()) } else { (number == 0).then_some(0) };
    };
    if places >= 0 {
        number.checked_mul(factor)
    } else {
        Some(number / factor + (number % factor).signum())
    }
}
