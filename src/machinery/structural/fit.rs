//! Drops what a schema does not know, and gives the rest its canonical form.

use serde_json::{Map, Value};

use super::node::{Additional, Node};
use crate::conform::{Conform, Problem};
use crate::path::Path;
use crate::strict::Strictness;
use crate::{Definition, Schemas};

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// Walks one document.
pub(super) struct Fit<'a> {
    pub(super) schemas: &'a Schemas,
    pub(super) strictness: &'a mut Strictness,
}

impl Fit<'_> {
    /// A whole object: what it is and its metadata are known whatever the schema says.
    pub(super) fn resource(
        &mut self,
        object: &mut Map<String, Value>,
        node: &Node,
        path: &Path<'_>,
    ) -> Result<(), Problem> {
        if let Some(metadata) = object.get_mut("metadata") {
            if metadata.is_null() {
                object.remove("metadata");
            } else {
                self.metadata(metadata, &path.field("metadata"))?;
            }
        }
        self.fields(object, node, path, true)
    }

    fn metadata(&mut self, metadata: &mut Value, path: &Path<'_>) -> Result<(), Problem> {
        let definition: &Definition =
            self.schemas.definition(OBJECT_META).ok_or("metadata has no definition")?;
        let Some(map) = metadata.as_object_mut() else {
            return Err(
                "json: cannot unmarshal metadata into Go value of type v1.ObjectMeta".into()
            );
        };
        let mut conform = Conform { schemas: self.schemas, strictness: &mut *self.strictness };
        conform.object(map, definition, path)
    }

    fn fields(
        &mut self,
        object: &mut Map<String, Value>,
        node: &Node,
        path: &Path<'_>,
        resource: bool,
    ) -> Result<(), Problem> {
        let mut result = Ok(());
        object.retain(|name, value| {
            if resource && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
                return true;
            }
            let path = path.field(name);
            let child = match &node.additional {
                Additional::Of(values) => Some(node.property(name).unwrap_or(values)),
                _ => node.property(name),
            };
            match (child, &node.additional) {
                (Some(child), _) if says_nothing(value, child) => return false,
                (Some(child), _) => keep(&mut result, || self.value(value, child, &path)),
                (None, Additional::Any) => whole_numbers(value),
                (None, _) if node.preserves_unknown => whole_numbers(value),
                (None, _) => {
                    self.strictness.unknown_field(&path);
                    return false;
                }
            }
            true
        });
        result
    }

    fn value(&mut self, value: &mut Value, node: &Node, path: &Path<'_>) -> Result<(), Problem> {
        match value {
            Value::Object(map) if node.embedded => self.resource(map, node, path),
            Value::Object(map) => self.fields(map, node, path, false),
            Value::Array(items) => {
                let Some(node) = &node.items else {
                    items.iter_mut().for_each(whole_numbers);
                    return Ok(());
                };
                let mut items = items.iter_mut().enumerate();
                items.try_for_each(|(index, item)| self.value(item, node, &path.index(index)))
            }
            scalar => {
                whole_numbers(scalar);
                Ok(())
            }
        }
    }
}

/// Go programs write null for what is empty or absent. Where it is no value and no default takes its place, it is as if
/// the field had been left out.
fn says_nothing(value: &Value, node: &Node) -> bool {
    value.is_null() && !node.nullable && node.default.is_none()
}

/// Writes whole numbers as such, `1` for `1.0` and `1e0`: Go does, and reads nothing else into its integers.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(whole_numbers),
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Number(number) if number.is_f64() => {
            if let Some(whole) = number.as_f64().and_then(whole) {
                *value = whole.into();
            }
        }
        _ => {}
    }
}

#[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
fn whole(number: f64) -> Option<i64> {
    // The largest that are told apart, and far from what would saturate.
    const MOST: f64 = 9.0e18;
    (number.fract() == 0.0 && number.abs() < MOST).then_some(number as i64)
}

/// Goes on only while nothing has failed.
fn keep(result: &mut Result<(), Problem>, with: impl FnOnce() -> Result<(), Problem>) {
    if result.is_ok() {
        *result = with();
    }
}
