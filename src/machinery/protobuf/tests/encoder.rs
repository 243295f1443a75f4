//! Writes documents as protobuf, by the same schema.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::time::parse_time;
use crate::{Definition, FieldType, Schemas};

pub(super) fn envelope(object: &Value, schemas: &Schemas, definition: &Definition) -> Vec<u8> {
    let text = |field: &str| object[field].as_str().unwrap().as_bytes();
    let mut type_meta = Vec::new();
    bytes(&mut type_meta, 1, text("apiVersion"));
    bytes(&mut type_meta, 2, text("kind"));
    let mut body = b"k8s\0".to_vec();
    bytes(&mut body, 1, &type_meta);
    bytes(&mut body, 2, &message(object.as_object().unwrap(), schemas, definition));
    bytes(&mut body, 3, b"");
    bytes(&mut body, 4, b"");
    body
}

fn message(map: &Map<String, Value>, schemas: &Schemas, definition: &Definition) -> Vec<u8> {
    let mut out = Vec::new();
    for field in &definition.fields {
        if let (Some(value), Some(number)) = (map.get(&field.name), field.number) {
            write_field(&mut out, number, value, &field.kind, schemas);
        }
    }
    for embedded in &definition.embedded {
        let inner = message(map, schemas, schemas.get(embedded.definition));
        if !inner.is_empty() {
            bytes(&mut out, embedded.number, &inner);
        }
    }
    out
}

fn write_field(out: &mut Vec<u8>, number: u32, value: &Value, kind: &FieldType, schemas: &Schemas) {
    match kind {
        FieldType::List(item) => {
            for value in value.as_array().unwrap() {
                write_value(out, number, value, item, schemas);
            }
        }
        FieldType::Map(item) => {
            for (key, value) in value.as_object().unwrap() {
                let mut entry = Vec::new();
                bytes(&mut entry, 1, key.as_bytes());
                write_value(&mut entry, 2, value, item, schemas);
                bytes(out, number, &entry);
            }
        }
        kind => write_value(out, number, value, kind, schemas),
    }
}

fn write_value(out: &mut Vec<u8>, number: u32, value: &Value, kind: &FieldType, schemas: &Schemas) {
    let text = || value.as_str().unwrap();
    let mut inner = Vec::new();
    match kind {
        FieldType::Bool => return integer(out, number, i64::from(value.as_bool().unwrap())),
        FieldType::Int32 | FieldType::Int64 => {
            return integer(out, number, value.as_i64().unwrap());
        }
        FieldType::String => inner.extend(text().as_bytes()),
        FieldType::Bytes => inner = STANDARD.decode(text()).unwrap(),
        FieldType::Quantity => bytes(&mut inner, 1, text().as_bytes()),
        FieldType::Time | FieldType::MicroTime => {
            let time = parse_time(text()).unwrap();
            integer(&mut inner, 1, time.as_second());
            integer(&mut inner, 2, i64::from(time.subsec_nanosecond()));
        }
        FieldType::IntOrString => {
            integer(&mut inner, 1, i64::from(value.is_string()));
            integer(&mut inner, 2, value.as_i64().unwrap_or_default());
            bytes(&mut inner, 3, value.as_str().unwrap_or_default().as_bytes());
        }
        FieldType::Any | FieldType::FieldsV1 => bytes(&mut inner, 1, value.to_string().as_bytes()),
        FieldType::Object(id) => {
            inner = message(value.as_object().unwrap(), schemas, schemas.get(*id));
        }
        FieldType::List(_) => write_field(&mut inner, 1, value, kind, schemas),
        FieldType::Double | FieldType::Duration | FieldType::Map(_) => panic!("not in the sample"),
    }
    bytes(out, number, &inner);
}

fn integer(out: &mut Vec<u8>, number: u32, value: i64) {
    varint(out, u64::from(number) << 3);
    varint(out, value.cast_unsigned());
}

fn bytes(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    varint(out, u64::from(number) << 3 | 2);
    varint(out, value.len() as u64);
    out.extend(value);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}
