//! Makes up documents that fit a schema, in canonical form.

use serde_json::{Map, Value, json};

use crate::{Definition, FieldType, Schemas};

pub(super) fn document(seed: u64, schemas: &Schemas, definition: &Definition) -> Value {
    let mut generator = Generator { state: seed, schemas };
    let mut map = generator.object(definition, 6);
    map.insert("apiVersion".into(), definition.gvk[0].api_version().into());
    map.insert("kind".into(), definition.gvk[0].kind.clone().into());
    Value::Object(map)
}

struct Generator<'a> {
    state: u64,
    schemas: &'a Schemas,
}

impl Generator<'_> {
    /// Numbers that look random (an LCG is enough here).
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.state >> 33) % bound
    }

    fn object(&mut self, definition: &Definition, depth: u64) -> Map<String, Value> {
        let mut map = Map::new();
        for field in &definition.fields {
            if self.below(3) == 0 {
                continue;
            }
            if let Some(value) = self.value(&field.kind, depth) {
                map.insert(field.name.clone(), value);
            }
        }
        map
    }

    fn value(&mut self, kind: &FieldType, depth: u64) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let number = self.below(1000) + 1;
        Some(match kind {
            FieldType::String => json!(format!("s{number}")),
            FieldType::Bool => json!(true),
            FieldType::Int32 | FieldType::Int64 => {
                json!(-500 + i64::try_from(number).ok()? * 2 + 1)
            }
            FieldType::Bytes => json!(["AA==", "AQID", "aGk="][usize::try_from(number).ok()? % 3]),
            FieldType::Time => json!(format!("2026-01-01T00:00:{:02}Z", number % 60)),
            FieldType::MicroTime => json!(format!("2026-01-01T00:00:00.{:06}Z", number)),
            FieldType::Quantity => json!(format!("{}Mi", number % 1000 + 1)),
            FieldType::IntOrString if number.is_multiple_of(2) => json!("50%"),
            FieldType::IntOrString => json!(number),
            FieldType::Any | FieldType::FieldsV1 => json!({"f:x": {"n": number}}),
            FieldType::Object(id) => Value::Object(self.object(self.schemas.get(*id), depth)),
            FieldType::List(item) => {
                let list: Option<Vec<Value>> =
                    (0..=self.below(3)).map(|_| self.value(item, depth)).collect();
                Value::Array(list?)
            }
            FieldType::Map(item) => {
                let entries = (0..=self.below(3))
                    .map(|key| Some((format!("k{key}"), self.value(item, depth)?)));
                Value::Object(entries.collect::<Option<Map<_, _>>>()?)
            }
            FieldType::Double | FieldType::Duration => return None,
        })
    }
}
