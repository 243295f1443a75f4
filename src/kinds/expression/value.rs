//! Documents as values of CEL, and back.

use std::collections::HashMap;
use std::sync::Arc;

use kube_cel::cel::Value as CelValue;
use kube_cel::cel::objects::{Key, Map, OptionalValue};
use serde_json::{Number, Value};

/// A document as expressions see it.
pub fn from_json(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(flag) => CelValue::Bool(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => CelValue::Int(whole),
            (None, Some(real)) => CelValue::Float(real),
            (None, None) => CelValue::Null,
        },
        Value::String(text) => CelValue::String(Arc::new(text.clone())),
        Value::Array(items) => CelValue::List(Arc::new(items.iter().map(from_json).collect())),
        Value::Object(fields) => {
            let entry = |(name, value): (&String, &Value)| {
                (Key::String(Arc::new(name.clone())), from_json(value))
            };
            let map: HashMap<Key, CelValue> = fields.iter().map(entry).collect();
            CelValue::Map(Map { map: Arc::new(map) })
        }
    }
}

/// What an expression made, as a document.
pub fn to_json(value: &CelValue) -> Result<Value, String> {
    Ok(match value {
        CelValue::Null => Value::Null,
        CelValue::Bool(flag) => Value::Bool(*flag),
        CelValue::Int(number) => (*number).into(),
        CelValue::UInt(number) => (*number).into(),
        CelValue::Float(number) => {
            Number::from_f64(*number).map(Value::Number).ok_or("not a finite number")?
        }
        CelValue::String(text) => text.as_str().into(),
        CelValue::List(items) => {
            Value::Array(items.iter().map(to_json).collect::<Result<Vec<_>, _>>()?)
        }
        CelValue::Map(map) => {
            let entry = |(key, value): (&Key, &CelValue)| match key {
                Key::String(name) => Ok((name.as_str().to_owned(), to_json(value)?)),
                other => Err(format!("{other:?} is no name of a field")),
            };
            Value::Object(map.map.iter().map(entry).collect::<Result<_, _>>()?)
        }
        other => return Err(format!("a value of type {} is no document", other.type_of())),
    })
}

/// What a value takes besides its text.
const VALUE_BYTES: u64 = 16;

/// How large a value is, about, in bytes.
pub(crate) fn size(value: &CelValue) -> u64 {
    let own = match value {
        CelValue::String(text) => text.len() as u64,
        CelValue::Bytes(bytes) => bytes.len() as u64,
        CelValue::List(items) => items.iter().map(size).sum(),
        CelValue::Map(map) => map.map.iter().map(|(key, value)| of_key(key) + size(value)).sum(),
        CelValue::Opaque(opaque) => {
            let optional = opaque.downcast_ref::<OptionalValue>().and_then(OptionalValue::value);
            optional.map_or(0, size)
        }
        _ => 0,
    };
    VALUE_BYTES + own
}

fn of_key(key: &Key) -> u64 {
    match key {
        Key::String(name) => name.len() as u64,
        _ => 0,
    }
}
