//! Amounts of resources: `100m`, `1Gi`, `1e3`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, Sub};
use std::str::FromStr;

mod parser;

/// Billionths in a unit: the finest amount that is told apart.
const NANOS: i128 = 1_000_000_000;
/// The largest amount, in units: what cannot be counted in nanos within `i128` is capped here, as upstream does.
const MAX_UNITS: i128 = i64::MAX as i128;
/// Decimal suffixes from 10⁻⁹ in steps of a thousand.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
/// Binary suffixes from 1024⁰.
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// An amount, exact to a billionth, that prints in Kubernetes' canonical form.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

/// How the amount was written, which is how it prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Decimal,
    Exponent,
    Binary,
}

/// The text is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseQuantityError {
    /// It does not look like one.
    #[error(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )]
    Format,
    /// The unit is unknown.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self { nanos: 0, format: Format::Decimal };

    /// So many whole units.
    pub fn new(units: i64) -> Self {
        Self { nanos: i128::from(units) * NANOS, format: Format::Decimal }
    }

    /// So many thousandths.
    pub fn from_milli(milli: i64) -> Self {
        Self { nanos: i128::from(milli) * (NANOS / 1000), format: Format::Decimal }
    }

    /// So many whole units, printed with binary suffixes.
    pub fn from_bytes(bytes: i64) -> Self {
        Self { nanos: i128::from(bytes) * NANOS, format: Format::Binary }
    }

    /// Whole units, rounded away from zero.
    pub fn value(self) -> i64 {
        self.in_steps_of(NANOS)
    }

    /// Thousandths, rounded away from zero.
    pub fn milli(self) -> i64 {
        self.in_steps_of(NANOS / 1000)
    }

    /// Without what is finer than a thousandth, rounded away from zero.
    #[must_use]
    pub fn rounded_to_milli(self) -> Self {
        const MILLI: i128 = NANOS / 1000;
        let up = if self.nanos % MILLI == 0 { 0 } else { self.nanos.signum() };
        Self { nanos: (self.nanos / MILLI + up) * MILLI, ..self }
    }

    /// Whether it is a number of whole units.
    pub fn is_whole(self) -> bool {
        self.nanos % NANOS == 0
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.nanos < 0
    }

    fn in_steps_of(self, step: i128) -> i64 {
        let rounded = self.nanos / step + (self.nanos % step).signum();
        let bounded = rounded.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        i64::try_from(bounded).expect("clamped to the range above")
    }

    fn shows_binary(self) -> bool {
        self.format == Format::Binary && self.nanos.abs() >= 1024 * NANOS && self.nanos % NANOS == 0
    }

    fn with_nanos(self, nanos: i128, other: Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self { nanos, format }
    }
}

impl FromStr for Quantity {
    type Err = ParseQuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parser::parse(text)
    }
}

impl Add for Quantity {
    type Output = Self;

    /// Keeps the left operand's way of writing, unless that is nothing.
    fn add(self, other: Self) -> Self {
        self.with_nanos(self.nanos.saturating_add(other.nanos), other)
    }
}

impl Sub for Quantity {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.with_nanos(self.nanos.saturating_sub(other.nanos), other)
    }
}

impl PartialEq for Quantity {
    /// Amounts are equal however they are written.
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nanos.hash(state);
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shows_binary() {
            let (number, power) = divide_out(self.nanos / NANOS, 1024, BINARY.len() - 1);
            return write!(f, "{number}{}", BINARY[power]);
        }
        let most = if self.format == Format::Exponent { usize::MAX } else { DECIMAL.len() - 1 };
        let (number, power) = divide_out(self.nanos, 1000, most);
        match (self.format, power) {
            _ if self.is_zero() => f.write_str("0"),
            (Format::Exponent, 3) => write!(f, "{number}"),
            (Format::Exponent, 0..3) => write!(f, "{number}e-{}", (3 - power) * 3),
            (Format::Exponent, _) => write!(f, "{number}e{}", (power - 3) * 3),
            _ => write!(f, "{number}{}", DECIMAL[power]),
        }
    }
}

/// Divides by `base` while nothing is lost, at most `most` times; returns how often.
fn divide_out(mut number: i128, base: i128, most: usize) -> (i128, usize) {
    let mut times = 0;
    while number != 0 && times < most && number % base == 0 {
        number /= base;
        times += 1;
    }
    (number, times)
}

#[cfg(test)]
mod tests;
