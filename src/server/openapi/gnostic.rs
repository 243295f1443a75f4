//! OpenAPI v2 as protobuf, in the messages of gnostic's `OpenAPIv2.proto`, which clients in Go of old ask for.
//!
//! Only what a document of this server can contain has a line here.

use serde_json::{Map, Value};

use super::v2::Sink;

/// A whole document, whose two long parts grow side by side.
#[derive(Debug, Default)]
pub(super) struct Gnostic {
    paths: Message,
    definitions: Message,
}

impl Sink for Gnostic {
    fn path(&mut self, path: &str, item: &Value) {
        self.paths.named(2, path, path_item(item));
    }

    fn definition(&mut self, name: &str, value: &Value) {
        self.definitions.named(1, name, schema(value));
    }
}

impl Gnostic {
    pub(super) fn finish(self, info: &Value) -> Vec<u8> {
        let mut document = Message::default();
        document.text(1, "2.0");
        let mut message = Message::default();
        message.texts(info, &[("title", 1), ("version", 2)]);
        document.message(2, message);
        document.message(8, self.paths);
        document.message(9, self.definitions);
        document.0
    }
}

fn path_item(item: &Value) -> Message {
    let mut message = Message::default();
    let methods = [
        ("get", 2),
        ("put", 3),
        ("post", 4),
        ("delete", 5),
        ("options", 6),
        ("head", 7),
        ("patch", 8),
    ];
    for (method, number) in methods {
        if let Some(value) = item.get(method) {
            message.message(number, operation(value));
        }
    }
    message.all(9, item.get("parameters"), parameter);
    message.extensions(10, item);
    message
}

fn operation(value: &Value) -> Message {
    let mut message = Message::default();
    message.all_texts(1, value.get("tags"));
    message.texts(value, &[("summary", 2), ("description", 3), ("operationId", 5)]);
    message.all_texts(6, value.get("produces"));
    message.all_texts(7, value.get("consumes"));
    message.all(8, value.get("parameters"), parameter);
    if let Some(Value::Object(codes)) = value.get("responses") {
        let mut responses = Message::default();
        for (code, answer) in codes {
            responses.named(1, code, within(1, response(answer)));
        }
        message.message(9, responses);
    }
    message.all_texts(10, value.get("schemes"));
    message.extensions(13, value);
    message
}

fn response(value: &Value) -> Message {
    let mut message = Message::default();
    message.texts(value, &[("description", 1)]);
    if let Some(answer) = value.get("schema") {
        message.message(2, within(1, schema(answer)));
    }
    message
}

/// A `ParametersItem`, which is a `Parameter`, which is one of several.
fn parameter(value: &Value) -> Message {
    let place = value.get("in").and_then(Value::as_str);
    if place == Some("body") {
        let mut body = Message::default();
        body.texts(value, &[("description", 1), ("name", 2), ("in", 3)]);
        body.truths(value, &[("required", 4)]);
        if let Some(carried) = value.get("schema") {
            body.message(5, schema(carried));
        }
        return within(1, within(1, body));
    }
    let mut message = Message::default();
    message.truths(value, &[("required", 1)]);
    message.texts(value, &[("in", 2), ("description", 3), ("name", 4)]);
    let in_path = place == Some("path");
    // After the name, one that stands in a query has a field that one in a path has not.
    let after = u32::from(!in_path);
    message.texts(value, &[("type", 5 + after), ("format", 6 + after)]);
    message.truths(value, &[("uniqueItems", 19 + after)]);
    within(1, within(2, within(if in_path { 4 } else { 3 }, message)))
}

fn schema(value: &Value) -> Message {
    let mut message = Message::default();
    message.texts(
        value,
        &[("$ref", 1), ("format", 2), ("title", 3), ("description", 4), ("pattern", 13)],
    );
    message.any(5, value.get("default"));
    message.numbers(value, &[("multipleOf", 6), ("maximum", 7), ("minimum", 9)]);
    message
        .truths(value, &[("exclusiveMaximum", 8), ("exclusiveMinimum", 10), ("uniqueItems", 16)]);
    message.counts(
        value,
        &[
            ("maxLength", 11),
            ("minLength", 12),
            ("maxItems", 14),
            ("minItems", 15),
            ("maxProperties", 17),
            ("minProperties", 18),
        ],
    );
    message.all_texts(19, value.get("required"));
    for allowed in value.get("enum").and_then(Value::as_array).into_iter().flatten() {
        message.any(20, Some(allowed));
    }
    match value.get("additionalProperties") {
        Some(Value::Bool(truth)) => {
            let mut item = Message::default();
            item.truth(2, *truth);
            message.message(21, item);
        }
        Some(more @ Value::Object(_)) => message.message(21, within(1, schema(more))),
        _ => {}
    }
    if let Some(kind) = value.get("type").and_then(Value::as_str) {
        let mut item = Message::default();
        item.text(1, kind);
        message.message(22, item);
    }
    if let Some(items @ Value::Object(_)) = value.get("items") {
        message.message(23, within(1, schema(items)));
    }
    message.all(24, value.get("allOf"), schema);
    if let Some(Value::Object(fields)) = value.get("properties") {
        let mut properties = Message::default();
        for (name, field) in fields {
            properties.named(1, name, schema(field));
        }
        message.message(25, properties);
    }
    message.any(30, value.get("example"));
    message.extensions(31, value);
    message
}

/// A message that holds nothing but another.
fn within(number: u32, inner: Message) -> Message {
    let mut message = Message::default();
    message.message(number, inner);
    message
}

/// An encoded protobuf message. What is absent from the JSON is absent here.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    fn bytes(&mut self, number: u32, bytes: &[u8]) {
        self.varint(u64::from(number << 3 | 2));
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, number: u32, text: &str) {
        self.bytes(number, text.as_bytes());
    }

    fn truth(&mut self, number: u32, truth: bool) {
        self.varint(u64::from(number << 3));
        self.varint(u64::from(truth));
    }

    fn message(&mut self, number: u32, message: Self) {
        self.bytes(number, &message.0);
    }

    /// An entry of a map.
    fn named(&mut self, number: u32, name: &str, value: Self) {
        let mut entry = Self::default();
        entry.text(1, name);
        entry.message(2, value);
        self.message(number, entry);
    }

    /// Any value, as YAML, of which JSON is a part.
    fn any(&mut self, number: u32, value: Option<&Value>) {
        if let Some(value) = value {
            let mut any = Self::default();
            any.text(2, &value.to_string());
            self.message(number, any);
        }
    }

    fn all(&mut self, number: u32, values: Option<&Value>, encode: fn(&Value) -> Self) {
        for value in values.and_then(Value::as_array).into_iter().flatten() {
            self.message(number, encode(value));
        }
    }

    fn all_texts(&mut self, number: u32, values: Option<&Value>) {
        for value in values.and_then(Value::as_array).into_iter().flatten() {
            self.text(number, value.as_str().unwrap_or_default());
        }
    }

    fn texts(&mut self, value: &Value, fields: &[(&str, u32)]) {
        for (name, number) in fields {
            if let Some(text) = value.get(name).and_then(Value::as_str) {
                self.text(*number, text);
            }
        }
    }

    fn truths(&mut self, value: &Value, fields: &[(&str, u32)]) {
        for (name, number) in fields {
            if let Some(truth) = value.get(name).and_then(Value::as_bool) {
                self.truth(*number, truth);
            }
        }
    }

    fn counts(&mut self, value: &Value, fields: &[(&str, u32)]) {
        for (name, number) in fields {
            if let Some(count) = value.get(name).and_then(Value::as_u64) {
                self.varint(u64::from(*number << 3));
                self.varint(count);
            }
        }
    }

    fn numbers(&mut self, value: &Value, fields: &[(&str, u32)]) {
        for (name, number) in fields {
            if let Some(double) = value.get(name).and_then(Value::as_f64) {
                self.varint(u64::from(*number << 3 | 1));
                self.0.extend_from_slice(&double.to_le_bytes());
            }
        }
    }

    /// What is said beyond the standard.
    fn extensions(&mut self, number: u32, value: &Value) {
        let fields = value.as_object().into_iter().flat_map(Map::iter);
        for (name, value) in fields.filter(|(name, _)| name.starts_with("x-")) {
            let mut any = Self::default();
            any.text(2, &value.to_string());
            self.named(number, name, any);
        }
    }
}
