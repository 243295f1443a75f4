//! One step into a document: a field, a list item told by its keys or its value, or a position.

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Map, Value};

/// What leads from a value to one of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// A field of an object or an entry of a map.
    Field(Box<str>),
    /// The item of a list whose key fields have these values, sorted by name.
    Key(Box<[(Box<str>, Value)]>),
    /// The item of a set that is this value.
    Value(Value),
    /// The item at a position.
    Index(i64),
}

impl Element {
    /// The item of a list with these key fields.
    pub fn key(mut fields: Vec<(Box<str>, Value)>) -> Self {
        fields.sort_by(|(left, _), (right, _)| left.cmp(right));
        Self::Key(fields.into())
    }

    /// The name of a field.
    pub fn as_field(&self) -> Option<&str> {
        match self {
            Self::Field(name) => Some(name),
            _ => None,
        }
    }

    /// As `FieldsV1` writes it: `f:name`, `k:{"port":80}`, `v:"x"`, `i:0`.
    pub(super) fn encode(&self) -> String {
        match self {
            Self::Field(name) => ["f:", name].concat(),
            Self::Key(fields) => {
                let fields: Map<String, Value> =
                    fields.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
                format!("k:{}", Value::Object(fields))
            }
            Self::Value(value) => format!("v:{value}"),
            Self::Index(index) => format!("i:{index}"),
        }
    }

    /// Reads what `FieldsV1` holds; `Ok(None)` for forms of a later version, which are passed over.
    pub(super) fn decode(text: &str) -> Result<Option<Self>, &'static str> {
        let (form, rest) = text.split_once(':').ok_or("a path element has no type")?;
        Ok(Some(match form {
            "f" => Self::Field(rest.into()),
            "k" => {
                let fields: Map<String, Value> = serde_json::from_str(rest)
                    .map_err(|_| "the keys of a list item are not JSON")?;
                Self::key(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
            }
            "v" => {
                let value = serde_json::from_str(rest);
                Self::Value(value.map_err(|_| "the value of a set item is not JSON")?)
            }
            "i" => Self::Index(rest.parse().map_err(|_| "the index of a list item is no number")?),
            _ => return Ok(None),
        }))
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Key(_) => 1,
            Self::Value(_) => 2,
            Self::Index(_) => 3,
        }
    }
}

impl Ord for Element {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(left), Self::Field(right)) => left.cmp(right),
            (Self::Key(left), Self::Key(right)) => order_fields(left, right),
            (Self::Value(left), Self::Value(right)) => order(left, right),
            (Self::Index(left), Self::Index(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Element {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Element {
    /// As conflicts show it: `.name`, `[port=80]`, `[="x"]`, `[0]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(fields) => {
                f.write_str("[")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{name}={value}")?;
                }
                f.write_str("]")
            }
            Self::Value(value) => write!(f, "[={value}]"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

fn order_fields(left: &[(Box<str>, Value)], right: &[(Box<str>, Value)]) -> Ordering {
    let pairs = left.iter().zip(right);
    pairs
        .map(|((name, value), (other_name, other))| {
            name.cmp(other_name).then_with(|| order(value, other))
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
}

/// A total order of values; equal means the same value.
fn order(left: &Value, right: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    };
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        // Equal as floats are `-0.0` and `0.0`, between which stands `0`.
        (Value::Number(left), Value::Number(right)) => {
            let by_size = left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal);
            // Large neighbours may be one number as floats.
            by_size.then_with(|| left.to_string().cmp(&right.to_string()))
        }
        _ if left == right => Ordering::Equal,
        _ => rank(left).cmp(&rank(right)).then_with(|| left.to_string().cmp(&right.to_string())),
    }
}
