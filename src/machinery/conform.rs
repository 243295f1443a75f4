//! Makes a document fit its schema in one walk: unknown fields go, nulls go, values take their canonical form.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde_json::{Map, Number, Value};

use crate::path::Path;
use crate::strict::Strictness;
use crate::time::{format_micro_time, format_time, parse_time};
use crate::{Definition, FieldType, Quantity, Schemas};

/// Does not mind bits behind the last byte, which Go drops.
const MILD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// What makes a document unusable, in the words of Go's decoder.
pub(crate) type Problem = String;

/// Walks one document.
pub(crate) struct Conform<'a> {
    pub(crate) schemas: &'a Schemas,
    pub(crate) strictness: &'a mut Strictness,
}

impl Conform<'_> {
    /// Fits the fields of one object.
    pub(crate) fn object(
        &mut self,
        map: &mut Map<String, Value>,
        definition: &Definition,
        path: &Path<'_>,
    ) -> Result<(), Problem> {
        let mut result = Ok(());
        map.retain(|name, value| {
            let path = path.field(name);
            let Some(field) = definition.field(name) else {
                self.strictness.unknown_field(&path);
                return false;
            };
            if field.leaves_out(value) {
                return false;
            }
            if result.is_ok() {
                result = self.value(value, &field.kind, definition, &path);
            }
            true
        });
        definition.fill_instants(map);
        result
    }

    fn value(
        &mut self,
        value: &mut Value,
        kind: &FieldType,
        parent: &Definition,
        path: &Path<'_>,
    ) -> Result<(), Problem> {
        match (kind, &mut *value) {
            (
                FieldType::String | FieldType::Duration | FieldType::IntOrString,
                Value::String(_),
            )
            | (FieldType::Bool, Value::Bool(_))
            | (FieldType::Double, Value::Number(_))
            | (FieldType::Any | FieldType::FieldsV1, _) => Ok(()),
            (FieldType::Int64, Value::Number(number)) if number.is_i64() => Ok(()),
            (FieldType::Int32, Value::Number(number)) if is_int32(number) => Ok(()),
            (FieldType::IntOrString, Value::Number(number)) if is_int32(number) => Ok(()),
            (FieldType::Object(id), Value::Object(map)) => {
                self.object(map, self.schemas.get(*id), path)
            }
            (FieldType::List(item), Value::Array(list)) => {
                for (index, value) in list.iter_mut().enumerate() {
                    self.element(value, item, parent, &path.index(index))?;
                }
                Ok(())
            }
            (FieldType::Map(item), Value::Object(map)) => {
                for (key, value) in map.iter_mut() {
                    self.element(value, item, parent, &path.key(key))?;
                }
                if matches!(**item, FieldType::Time | FieldType::MicroTime) {
                    // Go knows a moment that is none, but no other typed client can read it.
                    map.retain(|_, value| !value.is_null());
                }
                Ok(())
            }
            (FieldType::Bytes, Value::String(text)) => fit_bytes(text),
            (FieldType::Time, Value::String(text)) => fit_time(text, format_time),
            (FieldType::MicroTime, Value::String(text)) => fit_time(text, format_micro_time),
            (FieldType::Quantity, Value::String(_) | Value::Number(_)) => fit_quantity(value),
            (kind, value) => Err(self.wrong_type(value, kind, parent, path)),
        }
    }

    /// An item of a list or a map; null stands for the zero value there.
    fn element(
        &mut self,
        value: &mut Value,
        kind: &FieldType,
        parent: &Definition,
        path: &Path<'_>,
    ) -> Result<(), Problem> {
        if value.is_null() {
            *value = zero(kind);
            if !matches!(kind, FieldType::Object(_)) {
                return Ok(());
            }
        }
        self.value(value, kind, parent, path)
    }

    fn wrong_type(
        &self,
        value: &Value,
        kind: &FieldType,
        parent: &Definition,
        path: &Path<'_>,
    ) -> Problem {
        let integer = matches!(kind, FieldType::Int32 | FieldType::Int64 | FieldType::IntOrString);
        let found = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) if integer => format!("number {number}"),
            Value::Number(_) => "number".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) => "object".to_owned(),
        };
        let wanted = match kind {
            FieldType::Quantity => return crate::ParseQuantityError::Format.to_string(),
            FieldType::IntOrString => "int32".to_owned(),
            FieldType::Time | FieldType::MicroTime | FieldType::Duration => "string".to_owned(),
            kind => kind.go_name(self.schemas),
        };
        let (object, place) = (parent.short_name(), path.fields());
        format!(
            "json: cannot unmarshal {found} into Go struct field {object}.{place} of type {wanted}"
        )
    }
}

/// What Go's decoder makes of null inside a list or a map.
pub(crate) fn zero(kind: &FieldType) -> Value {
    match kind {
        FieldType::String | FieldType::Bytes => Value::from(""),
        FieldType::Bool => Value::Bool(false),
        FieldType::Int32 | FieldType::Int64 | FieldType::Double | FieldType::IntOrString => {
            Value::from(0)
        }
        FieldType::Quantity => Value::from("0"),
        FieldType::Duration => Value::from("0s"),
        FieldType::Object(_) | FieldType::Map(_) => Value::Object(Map::new()),
        FieldType::List(_) => Value::Array(Vec::new()),
        FieldType::Time | FieldType::MicroTime | FieldType::FieldsV1 | FieldType::Any => {
            Value::Null
        }
    }
}

fn is_int32(number: &Number) -> bool {
    number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}

/// Line breaks inside base64 are allowed and dropped, as Go does.
fn fit_bytes(text: &mut String) -> Result<(), Problem> {
    if text.contains(['\r', '\n']) {
        text.retain(|char| char != '\r' && char != '\n');
    }
    let decoded = match STANDARD.decode(text.as_bytes()) {
        Err(base64::DecodeError::InvalidLastSymbol(..)) => MILD.decode(text.as_bytes()),
        Ok(_) => return Ok(()),
        failed => failed,
    };
    decoded.map(|bytes| *text = STANDARD.encode(bytes)).map_err(|error| {
        let position = match error {
            base64::DecodeError::InvalidByte(position, _)
            | base64::DecodeError::InvalidLastSymbol(position, _) => position,
            base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => {
                text.len() / 4 * 4
            }
        };
        format!("illegal base64 data at input byte {position}")
    })
}

fn fit_time(text: &mut String, format: fn(jiff::Timestamp) -> String) -> Result<(), Problem> {
    let canonical = format(parse_time(text)?);
    if *text != canonical {
        *text = canonical;
    }
    Ok(())
}

/// Quantities may come as numbers; they are kept as canonical text.
fn fit_quantity(value: &mut Value) -> Result<(), Problem> {
    let number;
    let text = match &*value {
        Value::String(text) => text.as_str(),
        other => {
            number = other.to_string();
            &number
        }
    };
    let quantity: Quantity =
        text.trim().parse().map_err(|error: crate::ParseQuantityError| error.to_string())?;
    let canonical = quantity.to_string();
    if value.as_str() != Some(&canonical) {
        *value = Value::String(canonical);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
