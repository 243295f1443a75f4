//! What a schema says about ownership: which parts of a value have owners of their own.
//!
//! Objects and maps are owned field by field, lists of kind `map` item by item, sets value by value; everything else is
//! owned as a whole. The schema is a [`Definition`] or, for custom resources, an OpenAPI document.

use serde_json::{Map, Value};

use super::Element;
use super::structural::{Structural, Told};
use crate::{Definition, Field, FieldType, ListType, Schemas};

/// What a schema says about one value.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'a>(Of<'a>);

#[derive(Debug, Clone, Copy)]
enum Of<'a> {
    /// One value, whatever it holds.
    Whole,
    /// No schema: maps are owned entry by entry, everything else as a whole.
    Deduced,
    Object(&'a Schemas, &'a Definition),
    Values(&'a Schemas, &'a FieldType),
    Items(&'a Schemas, &'a FieldType, &'a [String]),
    Set,
    Structural(Structural<'a>),
}

/// A value as its shape sees it.
#[derive(Debug)]
pub(super) enum Form<'v> {
    /// Owned as one.
    Whole,
    /// Owned entry by entry.
    Map(&'v Map<String, Value>),
    /// Owned item by item: what tells the items apart, and the items.
    List(Vec<Element>, &'v [Value]),
}

/// What a shape says about one field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child<'a> {
    pub(super) shape: Shape<'a>,
    /// The schema names the field, as opposed to an entry of a map.
    pub(super) named: bool,
    /// The schema allows the field.
    pub(super) known: bool,
    /// The field cannot be absent.
    pub(super) required: bool,
}

impl<'a> Shape<'a> {
    /// One value, owned as a whole.
    pub const WHOLE: Self = Self(Of::Whole);
    /// A value without a schema.
    pub const DEDUCED: Self = Self(Of::Deduced);

    /// Objects of a definition.
    pub fn of_definition(schemas: &'a Schemas, definition: &'a Definition) -> Self {
        if definition.atomic { Self::WHOLE } else { Self(Of::Object(schemas, definition)) }
    }

    /// Custom resources with this structural schema.
    pub fn of_custom_resource(schemas: &'a Schemas, schema: &'a crate::Structural) -> Self {
        Self(Of::Structural(Structural::resource(schemas, schema.root())))
    }

    pub(super) fn structural(schema: Structural<'a>) -> Self {
        Self(Of::Structural(schema))
    }

    /// Takes a value apart as far as its parts have owners of their own.
    pub(super) fn form(self, value: &Value) -> Form<'_> {
        let form = match (self.0, value) {
            (Of::Deduced | Of::Object(..) | Of::Values(..), Value::Object(map)) => {
                Some(Form::Map(map))
            }
            (Of::Structural(schema), Value::Object(map)) if schema.is_granular_map() => {
                Some(Form::Map(map))
            }
            (Of::Items(..) | Of::Set | Of::Structural(_), Value::Array(items))
                if self.is_granular_list() =>
            {
                // A list whose items cannot be told apart has one owner.
                let elements: Option<Vec<_>> =
                    items.iter().map(|item| self.element(item).ok()).collect();
                elements.map(|elements| Form::List(elements, items))
            }
            _ => None,
        };
        form.unwrap_or(Form::Whole)
    }

    /// Whether its schema may be another one than when owners were written down: that of a custom resource.
    pub(super) fn may_change(self) -> bool {
        matches!(self.0, Of::Structural(_))
    }

    /// Whether parts that are led to like this have owners of their own.
    pub(super) fn has_parts_like(self, part: &Element) -> bool {
        match (self.0, part) {
            (Of::Structural(schema), Element::Field(_)) => schema.is_granular_map(),
            (Of::Structural(schema), _) => schema.list().is_some(),
            _ => true,
        }
    }

    /// Whether lists of this shape are owned item by item.
    pub(super) fn is_granular_list(self) -> bool {
        match self.0 {
            Of::Items(..) | Of::Set => true,
            Of::Structural(schema) => schema.list().is_some(),
            _ => false,
        }
    }

    /// Whether it is an object with named fields.
    pub(super) fn is_object(self) -> bool {
        match self.0 {
            Of::Object(..) => true,
            Of::Structural(schema) => schema.names_fields(),
            _ => false,
        }
    }

    /// What tells an item of a list apart from the others, or why nothing does.
    pub(super) fn element(self, item: &Value) -> Result<Element, String> {
        match self.0 {
            Of::Items(schemas, kind, keys) => {
                let default = |name: &str| match kind {
                    FieldType::Object(id) => schemas.get(*id).field(name)?.default.clone(),
                    _ => None,
                };
                key_element(item, keys.iter().map(String::as_str), default)
            }
            Of::Set => value_element(item),
            Of::Structural(schema) => match schema.list() {
                Some(Told::ByKeys(keys)) => {
                    let keys = keys.iter().map(AsRef::as_ref);
                    key_element(item, keys, |name| schema.item()?.default_of(name))
                }
                Some(Told::ByValue) => value_element(item),
                None => Err("the list is atomic".to_owned()),
            },
            _ => Err("the list is atomic".to_owned()),
        }
    }

    /// The shape behind an element.
    pub(super) fn child(self, element: &Element) -> Child<'a> {
        match element {
            Element::Field(name) => self.field(name),
            _ => Child { shape: self.item(), named: false, known: true, required: false },
        }
    }

    /// The shape of the items of a list.
    pub(super) fn item(self) -> Self {
        match self.0 {
            Of::Items(schemas, kind, _) => Self::of_type(schemas, kind),
            Of::Structural(schema) => schema.item().map_or(Self::WHOLE, Self::structural),
            _ => Self::WHOLE,
        }
    }

    /// The shape of a field or of an entry of a map.
    pub(super) fn field(self, name: &str) -> Child<'a> {
        let entry = |shape| Child { shape, named: false, known: true, required: false };
        match self.0 {
            Of::Object(schemas, definition) => match definition.field(name) {
                Some(field) => Child {
                    shape: Self::of_field(schemas, field),
                    named: true,
                    known: true,
                    required: field.required,
                },
                None => Child { known: false, ..entry(Self::DEDUCED) },
            },
            Of::Values(schemas, kind) => entry(Self::of_type(schemas, kind)),
            Of::Structural(schema) => schema.field(name),
            Of::Deduced | Of::Whole | Of::Items(..) | Of::Set => entry(Self::DEDUCED),
        }
    }

    fn of_field(schemas: &'a Schemas, field: &'a Field) -> Self {
        match (&field.kind, field.list_type, field.atomic_map) {
            (_, _, Some(true)) => Self::WHOLE,
            (FieldType::List(item), Some(ListType::Map), _) => {
                Self(Of::Items(schemas, item, &field.map_keys))
            }
            (FieldType::List(_), Some(ListType::Set), _) => Self(Of::Set),
            (FieldType::Object(id), _, Some(false)) => Self(Of::Object(schemas, schemas.get(*id))),
            (kind, _, _) => Self::of_type(schemas, kind),
        }
    }

    fn of_type(schemas: &'a Schemas, kind: &'a FieldType) -> Self {
        match kind {
            FieldType::Object(id) => Self::of_definition(schemas, schemas.get(*id)),
            FieldType::Map(values) => Self(Of::Values(schemas, values)),
            _ => Self::WHOLE,
        }
    }
}

/// An item by its key fields; a field that is absent counts with its default.
fn key_element<'k>(
    item: &Value,
    keys: impl Iterator<Item = &'k str> + Clone,
    default: impl Fn(&str) -> Option<Value>,
) -> Result<Element, String> {
    let Value::Object(map) = item else {
        let what = if item.is_null() { "a null element" } else { "non-map elements" };
        return Err(format!("associative list with keys may not have {what}"));
    };
    let fields: Vec<(Box<str>, Value)> = keys
        .clone()
        .filter_map(|key| {
            let own = map.get(key).filter(|value| !value.is_null()).cloned();
            Some((key.into(), own.or_else(|| default(key))?))
        })
        .collect();
    if fields.is_empty() {
        let keys: Vec<String> = keys.map(|key| format!("{key:?}")).collect();
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
            keys.join(" ")
        ));
    }
    Ok(Element::key(fields))
}

/// An item that is told by its own value.
fn value_element(item: &Value) -> Result<Element, String> {
    let what = match item {
        Value::Null => "an explicit null",
        Value::Array(_) => "a list type",
        Value::Object(_) => "a map type",
        scalar => return Ok(Element::Value(scalar.clone())),
    };
    Err(format!("associative list without keys has an element that's {what}"))
}

#[cfg(test)]
mod tests;
