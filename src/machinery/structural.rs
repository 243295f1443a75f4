//! Structural schemas: what the objects of a kind made at run time look like.
//!
//! A [`Structural`] is read once from the `openAPIV3Schema` of a version. It fits documents (unknown fields go),
//! fills in defaults, finds what is wrong with values, and tells server-side apply how lists and maps are owned.
//! What a schema may say is checked where definitions are accepted; here, what is not understood says nothing.

mod defaults;
mod fit;
mod formats;
mod junctors;
mod node;
mod pattern;
mod read;
mod uniqueness;
mod values;

pub use node::{Additional, ListShape, Node, ValueType};
pub use pattern::Pattern;
pub use uniqueness::Counterparts;

use serde_json::{Map, Value};

use crate::conform::Problem;
use crate::path::Path;
use crate::strict::Strictness;
use crate::{FieldErrors, GroupVersionKind, Schemas};

/// The schema of one version of a kind made at run time.
#[derive(Debug)]
pub struct Structural {
    gvk: GroupVersionKind,
    root: Node,
}

impl Structural {
    /// Reads the schema of a version.
    pub fn new(gvk: GroupVersionKind, schema: &Value) -> Self {
        Self { gvk, root: read::node(schema) }
    }

    /// The kind whose objects it describes.
    pub fn gvk(&self) -> &GroupVersionKind {
        &self.gvk
    }

    /// The top of the schema.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Fits a document: unknown fields go, metadata takes its canonical form.
    pub(crate) fn fit(
        &self,
        object: &mut Map<String, Value>,
        schemas: &Schemas,
        strictness: &mut Strictness,
    ) -> Result<(), Problem> {
        fit::Fit { schemas, strictness }.resource(object, &self.root, &Path::ROOT)
    }

    /// Whether the schema knows everything there is in an object.
    pub fn knows(&self, object: &Value, schemas: &Schemas) -> bool {
        let mut strictness = Strictness::new(crate::FieldValidation::Strict);
        let mut object = object.clone();
        let fitted = object.as_object_mut().map(|map| self.fit(map, schemas, &mut strictness));
        fitted.is_none_or(|fitted| fitted.is_ok()) && strictness.finish().is_ok()
    }

    /// Drops what the schema does not know.
    pub fn prune(&self, object: &mut Value, schemas: &Schemas) {
        let mut strictness = Strictness::new(crate::FieldValidation::Ignore);
        if let Some(map) = object.as_object_mut() {
            // What was stored passed when it was written.
            let _ = self.fit(map, schemas, &mut strictness);
        }
    }

    /// Whether [`Self::set_defaults`] can do anything.
    pub fn has_defaults(&self) -> bool {
        self.root.has_defaults
    }

    /// Fills in what was left out and has a default.
    pub fn set_defaults(&self, object: &mut Value) {
        if self.root.has_defaults {
            defaults::fill(&self.root, object);
        }
    }

    /// Reports what is wrong with the values of an object. What an old object had already is not held against a new one.
    pub fn validate(&self, object: &Value, old: Option<&Value>, errors: &FieldErrors) {
        values::Check { errors, ratchets: true }.resource(&self.root, object, old);
    }
}

#[cfg(test)]
mod tests;
