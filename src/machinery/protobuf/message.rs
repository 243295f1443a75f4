//! Messages whose fields the schema names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

use super::wire::{Reader, Wire};
use super::{Error, special};
use crate::conform::zero;
use crate::{Definition, Field, FieldType, Schemas};

/// As deep as JSON may be; deeper recursion would end on the stack.
const MAX_DEPTH: usize = 128;

/// Reads a whole message.
pub(super) fn decode(
    message: &[u8],
    schemas: &Schemas,
    definition: &Definition,
) -> Result<Map<String, Value>, Error> {
    let mut map = Map::new();
    Decoder { schemas }.fields(&mut map, message, definition, MAX_DEPTH)?;
    Ok(map)
}

struct Decoder<'a> {
    schemas: &'a Schemas,
}

impl Decoder<'_> {
    /// Adds the fields of a message to an object; embedded messages add theirs to the same one.
    fn fields(
        &self,
        map: &mut Map<String, Value>,
        message: &[u8],
        definition: &Definition,
        depth: usize,
    ) -> Result<(), Error> {
        let depth = depth.checked_sub(1).ok_or(Error::TooDeep)?;
        let mut reader = Reader::new(message);
        while let Some((number, wire)) = reader.next()? {
            if let Some(field) = definition.field_by_number(number) {
                self.field(map, field, wire, depth)?;
            } else if let Some(embedded) = definition.embedded_by_number(number) {
                let inner = self.schemas.get(embedded.definition);
                self.fields(map, wire.bytes()?, inner, depth)?;
            }
        }
        definition.fill_instants(map);
        Ok(())
    }

    fn field(
        &self,
        map: &mut Map<String, Value>,
        field: &Field,
        wire: Wire<'_>,
        depth: usize,
    ) -> Result<(), Error> {
        match &field.kind {
            FieldType::List(item) => {
                let list =
                    map.entry(field.name.as_str()).or_insert_with(|| Value::Array(Vec::new()));
                let list = list.as_array_mut().expect("only this arm writes the field");
                self.item(list, item, wire, depth)
            }
            FieldType::Map(value) => {
                let entries =
                    map.entry(field.name.as_str()).or_insert_with(|| Value::Object(Map::new()));
                let entries = entries.as_object_mut().expect("only this arm writes the field");
                self.entry(entries, value, wire.bytes()?, depth)
            }
            FieldType::Object(id) => {
                let object =
                    map.entry(field.name.as_str()).or_insert_with(|| Value::Object(Map::new()));
                let object = object.as_object_mut().expect("only this arm writes the field");
                self.fields(object, wire.bytes()?, self.schemas.get(*id), depth)
            }
            kind => {
                let value = self.value(kind, wire, depth)?;
                if is_worth_keeping(field, &value) {
                    map.insert(field.name.clone(), value);
                }
                Ok(())
            }
        }
    }

    /// One more item of a list, or several when numbers come packed.
    fn item(
        &self,
        list: &mut Vec<Value>,
        kind: &FieldType,
        wire: Wire<'_>,
        depth: usize,
    ) -> Result<(), Error> {
        let number = matches!(kind, FieldType::Int32 | FieldType::Int64 | FieldType::Bool);
        match wire {
            Wire::Bytes(packed) if number => {
                let mut reader = Reader::new(packed);
                while let Some(value) = reader.packed()? {
                    list.push(self.value(kind, Wire::Varint(value), depth)?);
                }
            }
            wire => list.push(self.value(kind, wire, depth)?),
        }
        Ok(())
    }

    /// One entry of a map: key and value, either of which may be left out.
    fn entry(
        &self,
        map: &mut Map<String, Value>,
        kind: &FieldType,
        message: &[u8],
        depth: usize,
    ) -> Result<(), Error> {
        let (mut key, mut value) = ("", None);
        let mut reader = Reader::new(message);
        while let Some((number, wire)) = reader.next()? {
            match number {
                1 => key = wire.text()?,
                2 => value = Some(self.value(kind, wire, depth)?),
                _ => {}
            }
        }
        map.insert(key.to_owned(), value.unwrap_or_else(|| zero(kind)));
        Ok(())
    }

    fn value(&self, kind: &FieldType, wire: Wire<'_>, depth: usize) -> Result<Value, Error> {
        Ok(match kind {
            FieldType::String => Value::from(wire.text()?),
            FieldType::Bool => Value::Bool(wire.integer()? != 0),
            FieldType::Int32 => {
                Value::from(i32::try_from(wire.integer()?).map_err(|_| Error::Malformed)?)
            }
            FieldType::Int64 => Value::from(wire.integer()?),
            FieldType::Double => {
                Number::from_f64(wire.double()?).map(Value::Number).ok_or(Error::Malformed)?
            }
            FieldType::Bytes => Value::String(STANDARD.encode(wire.bytes()?)),
            FieldType::Time => special::time(wire.bytes()?, false)?,
            FieldType::MicroTime => special::time(wire.bytes()?, true)?,
            FieldType::Duration => special::duration(wire.bytes()?)?,
            FieldType::Quantity => special::quantity(wire.bytes()?)?,
            FieldType::IntOrString => special::int_or_string(wire.bytes()?)?,
            FieldType::FieldsV1 | FieldType::Any => special::raw(wire.bytes()?)?,
            FieldType::Object(id) => {
                let mut map = Map::new();
                self.fields(&mut map, wire.bytes()?, self.schemas.get(*id), depth)?;
                Value::Object(map)
            }
            FieldType::List(item) => self.wrapped_list(item, wire.bytes()?, depth)?,
            FieldType::Map(_) => return Err(Error::Malformed),
        })
    }

    /// A list that is the value of a map is a message around its items.
    fn wrapped_list(&self, item: &FieldType, message: &[u8], depth: usize) -> Result<Value, Error> {
        let depth = depth.checked_sub(1).ok_or(Error::TooDeep)?;
        let mut list = Vec::new();
        let mut reader = Reader::new(message);
        while let Some((number, wire)) = reader.next()? {
            if number == 1 {
                self.item(&mut list, item, wire, depth)?;
            }
        }
        Ok(Value::Array(list))
    }
}

/// Writers always send what cannot be absent in Go, so an empty value says nothing, unless the schema knows better. A
/// truth is kept where it does not: `false` means the same as absence for the fields concerned, but not for the others.
fn is_worth_keeping(field: &Field, value: &Value) -> bool {
    if field.optional.is_some() || field.required {
        return !field.leaves_out(value);
    }
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_i64() != Some(0) || field.kind == FieldType::IntOrString,
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => true,
    }
}
