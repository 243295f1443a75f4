//! Amounts of resources: `100m`, `1Gi`, `1e3`.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

/// An amount, exact to a billionth, that prints in Kubernetes' canonical form.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

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
    /// The number has no digits.
    #[error("unable to parse numeric part of quantity")]
    Number,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self { nanos: 0, format: Format::Decimal };

    /// So many whole units.
    pub fn new(_value: i64) -> Self {
        todo!()
    }

    /// So many thousandths.
    pub fn from_milli(_milli: i64) -> Self {
        todo!()
    }

    /// So many whole units, printed with binary suffixes.
    pub fn from_bytes(_bytes: i64) -> Self {
        todo!()
    }

    /// Whole units, rounded away from zero.
    pub fn value(self) -> i64 {
        todo!()
    }

    /// Thousandths, rounded away from zero.
    pub fn milli(self) -> i64 {
        todo!()
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.nanos < 0
    }
}
