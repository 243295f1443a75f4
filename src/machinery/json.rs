//! JSON bodies: numbers kept exact, duplicate keys noticed. Depth is limited by the parser (128 levels).

mod syntax;
mod text;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use crate::path::Path;
use crate::strict::Strictness;

/// Parses one document; of two entries with one key the later wins.
pub(crate) fn parse(body: &[u8], strictness: &mut Strictness) -> Result<Value, String> {
    let outcome = match read(body, strictness) {
        Ok(value) => return Ok(value),
        // Looked for only now: it is seldom so.
        Err(error) => text::mended(body).map_or(Err(error), |body| read(&body, strictness)),
    };
    outcome.map_err(|error| syntax::say(&error, body))
}

fn read(body: &[u8], strictness: &mut Strictness) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = Node { path: Path::ROOT, strictness }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// The value at one path.
struct Node<'a> {
    path: Path<'a>,
    strictness: &'a mut Strictness,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        // What is written `-0` is a whole number.
        if value == 0.0 && value.is_sign_negative() {
            return Ok(0.into());
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let path = self.path.index(list.len());
            let node = Node { path, strictness: &mut *self.strictness };
            match items.next_element_seed(node)? {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let path = self.path.field(&key);
            let value =
                entries.next_value_seed(Node { path, strictness: &mut *self.strictness })?;
            match map.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(mut entry) => {
                    self.strictness.duplicate_field(&self.path.field(entry.key()));
                    entry.insert(value);
                }
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests;
