//! Objects whose fields a schema tells.

use std::sync::{Arc, LazyLock};

use machinery::{Definition, FieldType};
use serde_json::{Value, json};

use super::types::Type;

/// An object whose fields are known.
#[derive(Debug, Clone)]
pub struct Object<'s> {
    name: Arc<str>,
    fields: Fields<'s>,
}

/// Where its fields are told.
#[derive(Debug, Clone, Copy)]
enum Fields<'s> {
    /// In a schema as definitions of kinds have it. The whole of a resource has fields that nobody needs to tell.
    Schema { schema: &'s Value, whole: bool, reader: Reader },
    /// In the definition of a built-in kind.
    Definition(&'static Definition),
}

/// Who looks at an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A rule of the schema itself, which sees what the schema tells, and text with a format as what it means.
    Rule,
    /// A policy, which sees the object as it is sent.
    Policy,
}

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// What rules may know of the metadata of an object.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let text = json!({ "type": "string" });
    json!({ "type": "object", "properties": { "name": text, "generateName": text } })
});

impl PartialEq for Object<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl<'s> Object<'s> {
    /// What it is called in what is said about it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The type of a field; `None` if there is no such field.
    pub(super) fn field(&self, name: &str) -> Option<Type<'s>> {
        match self.fields {
            Fields::Definition(definition) => Some(of_field(&definition.field(name)?.kind)),
            Fields::Schema { whole: true, .. } if matches!(name, "apiVersion" | "kind") => {
                Some(Type::String)
            }
            Fields::Schema { whole: true, reader, .. } if name == "metadata" => {
                Some(metadata(reader, &self.name))
            }
            Fields::Schema { schema, reader, .. } => match schema["properties"].get(name) {
                Some(field) => Some(reader.of(field, false, &format!("{}.{name}", self.name))),
                None => is_open(schema, reader).then_some(Type::Dyn),
            },
        }
    }
}

/// What is kept though no schema tells of it, rules do not see.
fn is_open(schema: &Value, reader: Reader) -> bool {
    let is_open = schema["x-kubernetes-preserve-unknown-fields"] == true
        || schema["additionalProperties"] == true;
    reader == Reader::Policy && is_open
}

fn metadata(reader: Reader, parent: &str) -> Type<'static> {
    match (reader, crate::schemas().definition(OBJECT_META)) {
        (Reader::Policy, Some(definition)) => Type::of_definition(definition),
        _ => reader.of(&METADATA, false, &format!("{parent}.metadata")),
    }
}

impl<'s> Type<'s> {
    /// The type of the values of a schema as definitions of kinds have it; `whole` is the whole of a resource.
    pub fn of_schema(schema: &'s Value, whole: bool, name: &str, reader: Reader) -> Self {
        reader.of(schema, whole, name)
    }

    /// The type of the objects of a built-in kind.
    pub fn of_definition(definition: &'static Definition) -> Self {
        let name = definition.go_name().into();
        Self::Object(Object { name, fields: Fields::Definition(definition) })
    }
}

impl Reader {
    fn of<'s>(self, schema: &'s Value, whole: bool, name: &str) -> Type<'s> {
        if schema["x-kubernetes-int-or-string"] == true {
            return Type::Dyn;
        }
        let whole = whole || schema["x-kubernetes-embedded-resource"] == true;
        // What may be null may be compared with it.
        let is_scalar =
            matches!(schema["type"].as_str(), Some("boolean" | "integer" | "number" | "string"));
        if is_scalar && schema["nullable"] == true {
            return Type::Dyn;
        }
        let below = |word: &str| schema.get(word).filter(|below| below.is_object());
        match schema["type"].as_str().unwrap_or_default() {
            "boolean" => Type::Bool,
            "integer" => Type::Int,
            "number" => Type::Double,
            "string" => self.of_text(schema["format"].as_str().unwrap_or_default()),
            "array" => {
                let items =
                    below("items").map(|below| self.of(below, false, &format!("{name}.@idx")));
                Type::list(items.unwrap_or(Type::Dyn))
            }
            "object" => {
                if let Some(values) = below("additionalProperties") {
                    let values = self.of(values, false, &format!("{name}.@elem"));
                    return Type::map(Type::String, values);
                }
                let fields = Fields::Schema { schema, whole, reader: self };
                Type::Object(Object { name: name.into(), fields })
            }
            _ => Type::Dyn,
        }
    }

    fn of_text(self, format: &str) -> Type<'static> {
        match (format, self) {
            ("byte" | "date" | "date-time" | "duration", Self::Policy) => Type::Dyn,
            ("byte", _) => Type::Bytes,
            ("date" | "date-time", _) => Type::Timestamp,
            ("duration", _) => Type::Duration,
            _ => Type::String,
        }
    }
}

/// Policies see objects as they are sent, where times, spans and bytes are text; how exactly is not known here.
fn of_field(kind: &FieldType) -> Type<'static> {
    match kind {
        FieldType::String => Type::String,
        FieldType::Bool => Type::Bool,
        FieldType::Int32 | FieldType::Int64 => Type::Int,
        FieldType::Double => Type::Double,
        FieldType::Object(id) => Type::of_definition(crate::schemas().get(*id)),
        FieldType::List(items) => Type::list(of_field(items)),
        FieldType::Map(values) => Type::map(Type::String, of_field(values)),
        FieldType::Bytes
        | FieldType::Time
        | FieldType::MicroTime
        | FieldType::Duration
        | FieldType::Quantity
        | FieldType::IntOrString
        | FieldType::FieldsV1
        | FieldType::Any => Type::Dyn,
    }
}
