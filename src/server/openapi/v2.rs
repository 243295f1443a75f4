//! OpenAPI v2 of the same documents: one for all groups, made when somebody asks for it.
//!
//! It is put together document by document, so that never more than one group is in memory as a tree.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::REFERENCE_PREFIX;
use super::gnostic::Gnostic;

const PREFIX: &str = "#/definitions/";

/// What a whole document is gathered in.
pub(super) trait Sink {
    fn path(&mut self, path: &str, item: &Value);
    fn definition(&mut self, name: &str, schema: &Value);
}

/// The document as JSON.
pub(super) fn json(documents: &mut dyn Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut sink = Json::default();
    gather(documents, &mut sink);
    sink.finish()
}

/// The document as protobuf.
pub(super) fn protobuf(documents: &mut dyn Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut sink = Gnostic::default();
    gather(documents, &mut sink);
    sink.finish(&info())
}

fn info() -> Value {
    json!({ "title": "Isopod", "version": env!("CARGO_PKG_VERSION") })
}

fn gather(documents: &mut dyn Iterator<Item = Vec<u8>>, sink: &mut dyn Sink) {
    let mut known = BTreeSet::new();
    for document in documents {
        let mut document: Value =
            serde_json::from_slice(&document).expect("the server wrote the document itself");
        for (path, item) in take(&mut document["paths"]) {
            sink.path(&path, &path_item(item));
        }
        for (name, schema) in take(&mut document["components"]["schemas"]) {
            if known.insert(name.clone()) {
                sink.definition(&name, &self::schema(schema));
            }
        }
    }
}

fn take(value: &mut Value) -> Map<String, Value> {
    match value.take() {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// JSON whose two long parts grow side by side.
#[derive(Debug, Default)]
struct Json {
    paths: Vec<u8>,
    definitions: Vec<u8>,
}

impl Sink for Json {
    fn path(&mut self, path: &str, item: &Value) {
        append(&mut self.paths, path, item);
    }

    fn definition(&mut self, name: &str, schema: &Value) {
        append(&mut self.definitions, name, schema);
    }
}

impl Json {
    fn finish(self) -> Vec<u8> {
        let info = info().to_string();
        let parts: [&[u8]; 7] = [
            br#"{"swagger":"2.0","info":"#,
            info.as_bytes(),
            br#","paths":{"#,
            &self.paths,
            br#"},"definitions":{"#,
            &self.definitions,
            b"}}",
        ];
        parts.concat()
    }
}

fn append(to: &mut Vec<u8>, name: &str, value: &Value) {
    if !to.is_empty() {
        to.push(b',');
    }
    to.extend_from_slice(Value::from(name).to_string().as_bytes());
    to.push(b':');
    to.extend_from_slice(value.to_string().as_bytes());
}

fn path_item(mut item: Value) -> Value {
    let Some(methods) = item.as_object_mut() else { return item };
    for (method, value) in methods {
        match method.as_str() {
            "parameters" => flatten_parameters(value),
            method if method.starts_with("x-") => {}
            _ => *value = operation(value.take()),
        }
    }
    item
}

/// What version 3 says of media and bodies, said as version 2 does.
fn operation(mut operation: Value) -> Value {
    let mut parameters = operation["parameters"].take();
    flatten_parameters(&mut parameters);
    let mut parameters = parameters.as_array_mut().map(std::mem::take).unwrap_or_default();
    let body = take(&mut operation["requestBody"]);
    let (consumes, carried) = content(body.get("content"));
    if let Some(carried) = carried {
        let required = body.get("required").cloned().unwrap_or(Value::Bool(false));
        parameters.insert(
            0,
            json!({ "in": "body", "name": "body", "required": required, "schema": carried }),
        );
    }
    let mut produces = Vec::new();
    let mut responses = take(&mut operation["responses"]);
    for response in responses.values_mut() {
        let (media, answer) = content(response.get("content"));
        produces.extend(media);
        *response = json!({ "description": response["description"] });
        if let Some(answer) = answer {
            response["schema"] = answer;
        }
    }
    produces.sort();
    produces.dedup();
    let Some(object) = operation.as_object_mut() else { return operation };
    object.remove("requestBody");
    object.insert("responses".to_owned(), responses.into());
    object.insert("schemes".to_owned(), json!(["https"]));
    object.insert("produces".to_owned(), produces.into());
    object.remove("parameters");
    if !consumes.is_empty() {
        object.insert("consumes".to_owned(), consumes.into());
    }
    if !parameters.is_empty() {
        object.insert("parameters".to_owned(), parameters.into());
    }
    operation
}

/// The media types, and the schema they share.
fn content(content: Option<&Value>) -> (Vec<String>, Option<Value>) {
    let content = content.and_then(Value::as_object);
    let media = content.into_iter().flat_map(Map::keys).cloned().collect();
    let first = content.and_then(|content| content.values().next());
    (media, first.and_then(|first| first.get("schema")).cloned().map(schema))
}

/// The type of a parameter stands beside its name in version 2.
fn flatten_parameters(parameters: &mut Value) {
    for parameter in parameters.as_array_mut().into_iter().flatten() {
        let schema = take(&mut parameter["schema"]);
        if let Some(parameter) = parameter.as_object_mut() {
            parameter.remove("schema");
            parameter.extend(schema);
        }
    }
}

/// A schema without what version 2 lacks: references carry their description, and a choice is its first type.
fn schema(mut schema: Value) -> Value {
    let Some(object) = schema.as_object_mut() else { return schema };
    if let Some(Value::Array(all)) = object.get_mut("allOf")
        && let [only] = all.as_mut_slice()
        && let Some(reference) = only.get("$ref").cloned()
    {
        object.remove("allOf");
        object.insert("$ref".to_owned(), reference);
    }
    if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
        let name = reference.strip_prefix(REFERENCE_PREFIX).unwrap_or(reference);
        object.insert("$ref".to_owned(), format!("{PREFIX}{name}").into());
        object.retain(|key, _| key == "$ref" || key == "description" || key.starts_with("x-"));
        return schema;
    }
    for choice in ["oneOf", "anyOf", "not", "nullable"] {
        object.remove(choice);
    }
    if object.get("format").is_some_and(|format| format == "int-or-string") {
        object.insert("type".to_owned(), "string".into());
    }
    for (key, value) in object.iter_mut() {
        match key.as_str() {
            "properties" => {
                for property in value.as_object_mut().into_iter().flat_map(Map::values_mut) {
                    *property = self::schema(property.take());
                }
            }
            "items" | "additionalProperties" if value.is_object() => {
                *value = self::schema(value.take());
            }
            "allOf" => {
                for part in value.as_array_mut().into_iter().flatten() {
                    *part = self::schema(part.take());
                }
            }
            _ => {}
        }
    }
    schema
}

#[cfg(test)]
mod tests;
