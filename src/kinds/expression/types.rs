//! `type(x)`, and the names of types to compare it with.

use std::sync::Arc;

use kube_cel::cel::Value;
use kube_cel::cel::objects::{Opaque, ValueType};

/// Makes the type of a name.
pub(super) const TYPE: &str = "@type";

/// The types that have a name.
pub(super) const NAMES: [&str; 10] =
    ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Type(String);

impl Opaque for Type {
    fn runtime_type_name(&self) -> &'static str {
        "type"
    }
}

/// `type(x)`
pub(super) fn of(value: &Value) -> Value {
    let name = match (value, value.type_of()) {
        (Value::Opaque(opaque), _) => opaque.runtime_type_name(),
        (_, ValueType::List) => "list",
        (_, ValueType::Map) => "map",
        (_, ValueType::Int) => "int",
        (_, ValueType::UInt) => "uint",
        (_, ValueType::Float) => "double",
        (_, ValueType::String) => "string",
        (_, ValueType::Bytes) => "bytes",
        (_, ValueType::Bool) => "bool",
        (_, ValueType::Duration) => "google.protobuf.Duration",
        (_, ValueType::Timestamp) => "google.protobuf.Timestamp",
        _ => "null_type",
    };
    named(name)
}

/// The type of a name.
pub(super) fn named(name: &str) -> Value {
    Value::Opaque(Arc::new(Type(name.to_owned())))
}
