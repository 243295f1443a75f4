//! Ownership as the structural schema of a custom resource has it.

use serde_json::Value;

use super::shape::{Child, Shape};
use crate::Schemas;

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// One node of an OpenAPI schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Structural<'a> {
    schemas: &'a Schemas,
    schema: &'a Value,
    /// Whether it is a whole object with metadata of its own.
    resource: bool,
}

/// How the items of a list are told apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told<'a> {
    /// By these fields.
    ByKeys(&'a [Value]),
    /// By what they are.
    ByValue,
}

impl<'a> Structural<'a> {
    /// The top of a custom resource.
    pub(super) fn resource(schemas: &'a Schemas, schema: &'a Value) -> Self {
        Self { schemas, schema, resource: true }
    }

    /// Whether objects here are owned field by field.
    pub(super) fn is_granular_map(self) -> bool {
        self.text("x-kubernetes-map-type") != "atomic"
    }

    /// How items of lists here are told apart, unless lists are owned as a whole.
    pub(super) fn list(self) -> Option<Told<'a>> {
        match self.text("x-kubernetes-list-type") {
            "map" => {
                let keys = self.schema["x-kubernetes-list-map-keys"].as_array();
                Some(Told::ByKeys(keys.map(Vec::as_slice).unwrap_or_default()))
            }
            "set" => Some(Told::ByValue),
            _ => None,
        }
    }

    /// The schema of the items of a list.
    pub(super) fn item(self) -> Option<Self> {
        self.schema.get("items").map(|schema| self.at(schema))
    }

    /// The default of a field.
    pub(super) fn default_of(self, name: &str) -> Option<Value> {
        self.schema.get("properties")?.get(name)?.get("default").cloned()
    }

    /// The shape of a field or an entry.
    pub(super) fn field(self, name: &str) -> Child<'a> {
        let child = |shape, named, known| Child { shape, named, known, required: false };
        if self.resource {
            match (name, self.schemas.definition(OBJECT_META)) {
                ("apiVersion" | "kind", _) => return child(Shape::WHOLE, true, true),
                ("metadata", Some(meta)) => {
                    return child(Shape::of_definition(self.schemas, meta), true, true);
                }
                _ => {}
            }
        }
        if let Some(schema) = self.schema.get("properties").and_then(|all| all.get(name)) {
            return child(Shape::structural(self.at(schema)), true, true);
        }
        match self.schema.get("additionalProperties") {
            Some(schema @ Value::Object(_)) => {
                child(Shape::structural(self.at(schema)), false, true)
            }
            Some(Value::Bool(true)) => child(Shape::DEDUCED, false, true),
            _ => child(Shape::DEDUCED, false, self.preserves_unknown_fields()),
        }
    }

    /// Whether the schema names fields of its own.
    pub(super) fn names_fields(self) -> bool {
        self.resource || self.schema.get("properties").is_some()
    }

    fn at(self, schema: &'a Value) -> Self {
        let resource = schema["x-kubernetes-embedded-resource"] == true;
        Self { schemas: self.schemas, schema, resource }
    }

    fn preserves_unknown_fields(self) -> bool {
        self.schema["x-kubernetes-preserve-unknown-fields"] == true
    }

    fn text(self, name: &str) -> &'a str {
        self.schema.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}
