//! The types of values, as they are known when an expression is written.

use std::fmt;
use std::sync::Arc;

use super::object::Object;

/// How many types a type may be made of. Each level of an expression may double it; what people write has some dozens.
pub(super) const WEIGHT_MAX: usize = 256;

/// The type of a value.
#[derive(Debug, Clone)]
pub enum Type<'s> {
    /// Not known before there is a value.
    Dyn,
    /// Of `null` alone.
    Null,
    /// True or false.
    Bool,
    /// A signed integer.
    Int,
    /// An unsigned integer.
    Uint,
    /// A floating-point number.
    Double,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A moment.
    Timestamp,
    /// A span of time.
    Duration,
    /// Of types themselves, whichever.
    Type,
    /// A list of items.
    List(Arc<Type<'s>>),
    /// A map from keys to values.
    Map(Arc<(Type<'s>, Type<'s>)>),
    /// A value that may be missing.
    Optional(Arc<Type<'s>>),
    /// An object whose fields are known.
    Object(Object<'s>),
    /// Something that only its own functions can be asked of.
    Opaque(Arc<str>),
    /// A type that is still open: in a signature the first, second … of its parameters.
    Open(usize),
}

impl Type<'_> {
    /// A list of items.
    pub fn list(items: Self) -> Self {
        Self::weighed(Self::List(Arc::new(items)))
    }

    /// A map from keys to values.
    pub fn map(keys: Self, values: Self) -> Self {
        Self::weighed(Self::Map(Arc::new((keys, values))))
    }

    /// A value that may be missing, which it may be only once.
    pub fn optional(value: Self) -> Self {
        match value {
            Self::Optional(_) => value,
            other => Self::weighed(Self::Optional(Arc::new(other))),
        }
    }

    /// Something that only its own functions can be asked of.
    pub fn opaque(name: &str) -> Self {
        Self::Opaque(name.into())
    }

    /// What is too much to say is not known.
    fn weighed(made: Self) -> Self {
        if made.weight() > WEIGHT_MAX { Self::Dyn } else { made }
    }

    /// How many types it is made of. The parts of a type are within the limit, so that this ends soon.
    fn weight(&self) -> usize {
        1 + match self {
            Self::List(inner) | Self::Optional(inner) => inner.weight(),
            Self::Map(inner) => inner.0.weight() + inner.1.weight(),
            _ => 0,
        }
    }

    /// Whether it says nothing about a value.
    pub fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn)
    }

    /// Whether values of it may come before or after each other, as far as is known.
    pub(super) fn is_ordered(&self) -> bool {
        matches!(self, Self::Bool | Self::Duration | Self::Timestamp | Self::String | Self::Bytes)
            || self.is_number()
    }

    /// Whether it is of numbers, as far as is known.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double | Self::Dyn | Self::Open(_))
    }

    /// Whether nothing of it is left to be known.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Dyn | Self::Open(_) => false,
            Self::List(inner) | Self::Optional(inner) => inner.is_known(),
            Self::Map(inner) => inner.0.is_known() && inner.1.is_known(),
            _ => true,
        }
    }

    /// Whether something of it is open.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Open(_) => true,
            Self::List(inner) | Self::Optional(inner) => inner.is_open(),
            Self::Map(inner) => inner.0.is_open() || inner.1.is_open(),
            _ => false,
        }
    }

    /// Whether `null` may stand for a value of it.
    pub(super) fn has_null(&self) -> bool {
        matches!(
            self,
            Self::Null | Self::Object(_) | Self::Opaque(_) | Self::Duration | Self::Timestamp
        )
    }
}

impl PartialEq for Type<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(other)) | (Self::Optional(one), Self::Optional(other)) => {
                Arc::ptr_eq(one, other) || one == other
            }
            (Self::Map(one), Self::Map(other)) => Arc::ptr_eq(one, other) || one == other,
            (Self::Object(one), Self::Object(other)) => one == other,
            (Self::Opaque(one), Self::Opaque(other)) => one == other,
            (Self::Open(one), Self::Open(other)) => one == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl fmt::Display for Type<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Dyn | Self::Open(_) => "dyn",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Type => "type",
            Self::List(items) => return write!(f, "list({items})"),
            Self::Map(entry) => return write!(f, "map({}, {})", entry.0, entry.1),
            Self::Optional(value) => return write!(f, "optional_type({value})"),
            Self::Object(object) => object.name(),
            Self::Opaque(name) => name,
        };
        f.write_str(name)
    }
}
