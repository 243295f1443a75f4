//! What the fields of every kind mean: types, wire numbers, merge rules.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Map, Value};

mod file;
#[cfg(test)]
pub(crate) mod sample;

/// All definitions of one API surface, loaded once and shared.
#[derive(Debug, Default)]
pub struct Schemas {
    definitions: Vec<Definition>,
    by_name: HashMap<String, DefinitionId>,
    /// Sorted by group, version and kind.
    by_gvk: Vec<(GroupVersionKind, DefinitionId)>,
}

/// Points at a definition of the [`Schemas`] it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DefinitionId(u32);

/// When nobody said when.
const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// A kind's full name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupVersionKind {
    /// API group; empty for the core group.
    pub group: String,
    /// Version, such as `v1`.
    pub version: String,
    /// Kind, such as `Pod`.
    pub kind: String,
}

/// One object type.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name in OpenAPI: `io.k8s.api.core.v1.PodSpec`.
    pub name: String,
    /// The kinds it is the top of; most definitions have none.
    pub gvk: Vec<GroupVersionKind>,
    /// Sorted by name.
    pub fields: Vec<Field>,
    /// Sub-messages on the wire whose fields stand here in JSON.
    pub embedded: Vec<Embedded>,
    /// Whether server-side apply treats its objects as one value.
    pub atomic: bool,
    /// Fields with instants that an object always has, such as when a condition last changed.
    instants: Vec<String>,
    /// Wire numbers with the positions of their fields, sorted.
    by_number: Vec<(u32, usize)>,
}

/// A sub-message on the wire that JSON flattens into its parent.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// The wire number of the sub-message.
    pub number: u32,
    /// What it holds.
    pub definition: DefinitionId,
}

/// One field of a definition.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name in JSON.
    pub name: String,
    /// The type.
    pub kind: FieldType,
    /// The number in protobuf; fields of embedded messages have none here.
    pub number: Option<u32>,
    /// Whether OpenAPI lists it as required.
    pub required: bool,
    /// Whether absence differs from the zero value (a pointer in Go); `None` where the data does not say.
    pub optional: Option<bool>,
    /// Whether a list is written even if it is empty, though OpenAPI does not require it.
    pub keeps_empty: bool,
    /// How server-side apply treats a list.
    pub list_type: Option<ListType>,
    /// The keys of a `map` list.
    pub map_keys: Vec<String>,
    /// Whether a map or an object is owned as a whole; `None` leaves it to the object's definition.
    pub atomic_map: Option<bool>,
    /// How strategic merge patch treats the field.
    pub patch: PatchStrategy,
    /// The default OpenAPI states.
    pub default: Option<Value>,
    /// The values OpenAPI allows; empty means any.
    pub enum_values: Vec<String>,
}

/// How server-side apply treats a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    /// One value.
    Atomic,
    /// Values that occur once.
    Set,
    /// Objects told apart by keys.
    Map,
}

/// How strategic merge patch treats a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatchStrategy {
    /// The key that tells list items apart.
    pub merge_key: Option<String>,
    /// Lists are merged, not replaced.
    pub merge: bool,
    /// Objects are replaced, not merged.
    pub replace: bool,
    /// `$retainKeys` may clear other keys.
    pub retain_keys: bool,
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    String,
    /// True or false.
    Bool,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Int64,
    /// Floating point.
    Double,
    /// Base64 in JSON, bytes on the wire.
    Bytes,
    /// RFC 3339 with whole seconds.
    Time,
    /// RFC 3339 with microseconds.
    MicroTime,
    /// A Go duration such as `1m30s`.
    Duration,
    /// A resource quantity.
    Quantity,
    /// A number or text.
    IntOrString,
    /// A set of managed fields.
    FieldsV1,
    /// Any JSON.
    Any,
    /// An object.
    Object(DefinitionId),
    /// A list of items.
    List(Box<FieldType>),
    /// A map from text to values.
    Map(Box<FieldType>),
}

/// Why schema data could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The file is not the JSON expected.
    #[error("schema data is malformed")]
    Malformed(#[from] serde_json::Error),
    /// A definition names another that is not there.
    #[error("schema data refers to the unknown definition {0:?}")]
    UnknownDefinition(String),
    /// A field has a type nobody knows.
    #[error("schema data has the unknown type {0}")]
    UnknownType(String),
}

impl Schemas {
    /// Reads the generated schema file (JSON, already decompressed).
    pub fn load(data: &[u8]) -> Result<Self, SchemaError> {
        file::load(data)
    }

    /// The definition of this name.
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.by_name.get(name).map(|id| self.get(*id))
    }

    /// The definition of this kind.
    pub fn by_gvk(&self, group: &str, version: &str, kind: &str) -> Option<&Definition> {
        let wanted = (group, version, kind);
        self.by_gvk
            .binary_search_by(|(gvk, _)| gvk.as_tuple().cmp(&wanted))
            .ok()
            .map(|position| self.get(self.by_gvk[position].1))
    }

    /// The definition `id` points at.
    pub fn get(&self, id: DefinitionId) -> &Definition {
        &self.definitions[id.0 as usize]
    }

    /// Every definition, by name.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.definitions.iter()
    }
}

impl Definition {
    /// Gives an object the instants that it always has and that were left out: the zero of Go. Go itself would say null,
    /// which Go's clients read as the same, and others, who know that the field is required, not at all.
    pub(crate) fn fill_instants(&self, object: &mut Map<String, Value>) {
        for name in &self.instants {
            if object.get(name).is_none_or(Value::is_null) {
                object.insert(name.clone(), ZERO_TIME.into());
            }
        }
    }

    /// The field of this JSON name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let position = self.fields.binary_search_by(|field| field.name.as_str().cmp(name)).ok()?;
        Some(&self.fields[position])
    }

    /// The field of this wire number.
    pub fn field_by_number(&self, number: u32) -> Option<&Field> {
        let position = self.by_number.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(&self.fields[self.by_number[position].1])
    }

    /// The embedded message of this wire number.
    pub fn embedded_by_number(&self, number: u32) -> Option<&Embedded> {
        self.embedded.iter().find(|embedded| embedded.number == number)
    }

    /// The name as Go says it, package and type: `v1.PodSpec`.
    pub fn go_name(&self) -> &str {
        let mut dots = self.name.rmatch_indices('.').map(|(position, _)| position);
        let start = dots.nth(1).map_or(0, |position| position + 1);
        &self.name[start..]
    }

    /// The last part of the name: `PodSpec`.
    pub fn short_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
}

impl Field {
    /// Whether a document leaves this value out, because it says no more than absence.
    pub(crate) fn leaves_out(&self, value: &Value) -> bool {
        let says_nothing = match value {
            Value::Null => return true,
            Value::String(text) if self.kind == FieldType::Bytes => {
                return text.is_empty() && !self.required;
            }
            Value::String(text) => text.is_empty(),
            Value::Bool(truth) => !truth,
            Value::Number(number) => {
                number.as_i64() == Some(0) && self.kind != FieldType::IntOrString
            }
            Value::Array(list) => {
                let is_list = matches!(self.kind, FieldType::List(_));
                return is_list && list.is_empty() && !self.required && !self.keeps_empty;
            }
            // An empty map says nothing; an empty object does: it is there.
            Value::Object(map) => {
                let is_map = matches!(self.kind, FieldType::Map(_));
                return is_map && map.is_empty() && !self.required;
            }
        };
        says_nothing && !self.required && self.optional == Some(false)
    }
}

impl GroupVersionKind {
    /// The group and version as `apiVersion` shows them.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Whether `apiVersion` of a document says this group and version.
    pub fn is_api_version(&self, api_version: &str) -> bool {
        match api_version.split_once('/') {
            Some((group, version)) => group == self.group && version == self.version,
            None => self.group.is_empty() && api_version == self.version,
        }
    }

    fn as_tuple(&self) -> (&str, &str, &str) {
        (&self.group, &self.version, &self.kind)
    }
}

impl fmt::Display for GroupVersionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, Kind={}", self.api_version(), self.kind)
    }
}

impl FieldType {
    /// The type as Go's error messages say it.
    pub fn go_name(&self, schemas: &Schemas) -> String {
        match self {
            Self::String => "string".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Int32 => "int32".to_owned(),
            Self::Int64 => "int64".to_owned(),
            Self::Double => "float64".to_owned(),
            Self::Bytes => "[]uint8".to_owned(),
            Self::Time => "v1.Time".to_owned(),
            Self::MicroTime => "v1.MicroTime".to_owned(),
            Self::Duration => "v1.Duration".to_owned(),
            Self::Quantity => "resource.Quantity".to_owned(),
            Self::IntOrString => "intstr.IntOrString".to_owned(),
            Self::FieldsV1 => "v1.FieldsV1".to_owned(),
            Self::Any => "interface {}".to_owned(),
            Self::Object(id) => schemas.get(*id).go_name().to_owned(),
            Self::List(item) => format!("[]{}", item.go_name(schemas)),
            Self::Map(value) => format!("map[string]{}", value.go_name(schemas)),
        }
    }
}

#[cfg(test)]
mod tests;
