//! One place in a schema.

use serde_json::Value;

use super::{Counterparts, Pattern};

/// What a schema says about one value.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the schema language")]
pub struct Node {
    /// The types allowed; none allows all.
    pub types: Vec<ValueType>,
    /// Whether null is a value.
    pub nullable: bool,
    /// Whether unknown fields are kept.
    pub preserves_unknown: bool,
    /// Whether it is a whole object with metadata of its own.
    pub embedded: bool,
    /// Named fields, sorted by name.
    pub properties: Box<[(Box<str>, Node)]>,
    /// Fields that are not named.
    pub additional: Additional,
    /// The items of a list.
    pub items: Option<Box<Node>>,
    /// What stands for an absent value.
    pub default: Option<Value>,
    /// How the items of a list are told apart.
    pub list: ListShape,
    /// Whether server-side apply treats an object as one value.
    pub atomic_map: bool,
    /// Whether there is a default here or below.
    pub(super) has_defaults: bool,
    pub(super) checks: Option<Box<Checks>>,
}

/// What a schema calls a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Named fields or a map.
    Object,
    /// A list.
    Array,
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
}

/// What an object may hold besides its named fields.
#[derive(Debug, Default)]
pub enum Additional {
    /// Nothing.
    #[default]
    None,
    /// Anything.
    Any,
    /// Values of a schema.
    Of(Box<Node>),
}

/// How the items of a list are told apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum ListShape {
    /// Not at all: the list is one value.
    #[default]
    Atomic,
    /// By what they are.
    Set,
    /// By these fields.
    Map(Box<[Box<str>]>),
}

/// What values must be besides being of a type.
#[derive(Debug, Default)]
pub(super) struct Checks {
    pub(super) format: Option<Box<str>>,
    pub(super) values: Option<Box<[Value]>>,
    pub(super) pattern: Option<Pattern>,
    pub(super) minimum: Option<Bound>,
    pub(super) maximum: Option<Bound>,
    pub(super) multiple_of: Option<f64>,
    pub(super) length: Range,
    pub(super) items: Range,
    pub(super) properties: Range,
    pub(super) required: Box<[Box<str>]>,
    pub(super) all_of: Box<[Node]>,
    pub(super) any_of: Box<[Node]>,
    pub(super) one_of: Box<[Node]>,
    pub(super) not: Option<Box<Node>>,
}

/// A number that is the least or the greatest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) value: f64,
    pub(super) exclusive: bool,
}

/// How many there may be.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Range {
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
}

impl Node {
    /// The schema of a named field.
    pub fn property(&self, name: &str) -> Option<&Self> {
        let found = self.properties.binary_search_by(|(own, _)| own.as_ref().cmp(name)).ok()?;
        Some(&self.properties[found].1)
    }

    /// The schema of a field, named or not.
    pub fn field(&self, name: &str) -> Option<&Self> {
        self.property(name).or(match &self.additional {
            Additional::Of(node) => Some(node),
            Additional::None | Additional::Any => None,
        })
    }

    /// The format of a text.
    pub fn format(&self) -> Option<&str> {
        self.checks.as_ref()?.format.as_deref()
    }

    /// The items of an old list by what tells them apart, for the items of a new one to be compared with.
    pub fn counterparts<'a>(&'a self, old: Option<&'a Value>) -> Counterparts<'a> {
        Counterparts::new(self, old)
    }

    pub(super) fn is_int_or_string(&self) -> bool {
        self.types == [ValueType::Integer, ValueType::String]
    }
}

impl ValueType {
    /// The type of this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "object" => Self::Object,
            "array" => Self::Array,
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            _ => return None,
        })
    }

    /// What it is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }

    /// Whether a value is of the type.
    pub fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Object, Value::Object(_))
            | (Self::Array, Value::Array(_))
            | (Self::String, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Boolean, Value::Bool(_)) => true,
            // 1.0 is whole.
            (Self::Integer, Value::Number(number)) => {
                !number.is_f64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            _ => false,
        }
    }

    /// What errors call the type of a value.
    pub(super) fn name_of(value: &Value) -> &'static str {
        match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) if Self::Integer.fits(value) => "integer",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }
}
