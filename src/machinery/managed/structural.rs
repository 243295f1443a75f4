//! Ownership as the structural schema of a custom resource has it.

use serde_json::Value;

use super::shape::{Child, Shape};
use crate::Schemas;
use crate::structural::{Additional, ListShape, Node};

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// One node of a structural schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Structural<'a> {
    schemas: &'a Schemas,
    node: &'a Node,
    /// Whether it is a whole object with metadata of its own.
    resource: bool,
}

/// How the items of a list are told apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told<'a> {
    /// By these fields.
    ByKeys(&'a [Box<str>]),
    /// By what they are.
    ByValue,
}

impl<'a> Structural<'a> {
    /// The top of a custom resource.
    pub(super) fn resource(schemas: &'a Schemas, node: &'a Node) -> Self {
        Self { schemas, node, resource: true }
    }

    /// Whether objects here are owned field by field.
    pub(super) fn is_granular_map(self) -> bool {
        !self.node.atomic_map
    }

    /// How items of lists here are told apart, unless lists are owned as a whole.
    pub(super) fn list(self) -> Option<Told<'a>> {
        match &self.node.list {
            ListShape::Map(keys) => Some(Told::ByKeys(keys)),
            ListShape::Set => Some(Told::ByValue),
            ListShape::Atomic => None,
        }
    }

    /// The schema of the items of a list.
    pub(super) fn item(self) -> Option<Self> {
        self.node.items.as_ref().map(|node| self.at(node))
    }

    /// The default of a field.
    pub(super) fn default_of(self, name: &str) -> Option<Value> {
        self.node.property(name)?.default.clone()
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
        match (self.node.property(name), &self.node.additional) {
            (Some(node), _) => child(Shape::structural(self.at(node)), true, true),
            (None, Additional::Of(node)) => child(Shape::structural(self.at(node)), false, true),
            (None, Additional::Any) => child(Shape::DEDUCED, false, true),
            (None, Additional::None) => child(Shape::DEDUCED, false, self.node.preserves_unknown),
        }
    }

    /// Whether the schema names fields of its own.
    pub(super) fn names_fields(self) -> bool {
        self.resource || !self.node.properties.is_empty()
    }

    fn at(self, node: &'a Node) -> Self {
        Self { schemas: self.schemas, node, resource: node.embedded }
    }
}
