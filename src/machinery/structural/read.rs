//! From the JSON of a schema to its nodes.

use serde_json::Value;

use super::node::{Additional, Bound, Checks, ListShape, Node, Range};
use super::{Pattern, ValueType};

/// Reads one place.
pub(super) fn node(schema: &Value) -> Node {
    let says = |name: &str| schema[name] == true;
    let items = schema.get("items").filter(|items| items.is_object());
    let mut node = Node {
        types: types(schema),
        nullable: says("nullable"),
        preserves_unknown: says("x-kubernetes-preserve-unknown-fields"),
        embedded: says("x-kubernetes-embedded-resource"),
        properties: properties(schema),
        additional: additional(schema),
        items: items.map(|items| Box::new(self::node(items))),
        default: schema.get("default").cloned(),
        list: list(schema),
        atomic_map: schema["x-kubernetes-map-type"] == "atomic",
        has_defaults: false,
        checks: checks(schema),
    };
    node.has_defaults = node.properties.iter().any(|(_, one)| one.fills())
        || node.items.as_ref().is_some_and(|items| items.fills())
        || matches!(&node.additional, Additional::Of(values) if values.fills());
    node
}

impl Node {
    fn fills(&self) -> bool {
        self.has_defaults || self.default.is_some()
    }
}

fn types(schema: &Value) -> Vec<ValueType> {
    if schema["x-kubernetes-int-or-string"] == true {
        return vec![ValueType::Integer, ValueType::String];
    }
    schema["type"].as_str().and_then(ValueType::named).into_iter().collect()
}

fn properties(schema: &Value) -> Box<[(Box<str>, Node)]> {
    // Maps of documents are sorted by key.
    let named = schema["properties"].as_object().into_iter().flatten();
    named.map(|(name, schema)| (name.as_str().into(), node(schema))).collect()
}

fn additional(schema: &Value) -> Additional {
    match schema.get("additionalProperties") {
        Some(Value::Bool(true)) => Additional::Any,
        Some(schema @ Value::Object(_)) => Additional::Of(Box::new(node(schema))),
        _ => Additional::None,
    }
}

fn list(schema: &Value) -> ListShape {
    match schema["x-kubernetes-list-type"].as_str() {
        Some("set") => ListShape::Set,
        Some("map") => ListShape::Map(texts(schema, "x-kubernetes-list-map-keys")),
        _ => ListShape::Atomic,
    }
}

fn texts(schema: &Value, name: &str) -> Box<[Box<str>]> {
    let texts = schema[name].as_array().into_iter().flatten();
    texts.filter_map(Value::as_str).map(Into::into).collect()
}

/// Words that ask for a look at the value.
const CHECKING: &[&str] = &[
    "format",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "required",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
];

fn checks(schema: &Value) -> Option<Box<Checks>> {
    let schema_map = schema.as_object()?;
    if !CHECKING.iter().any(|word| schema_map.contains_key(*word)) {
        return None;
    }
    let bound = |value: &str, exclusive: &str| {
        Some(Bound { value: schema[value].as_f64()?, exclusive: schema[exclusive] == true })
    };
    let nodes = |name: &str| -> Box<[Node]> {
        schema[name].as_array().into_iter().flatten().map(node).collect()
    };
    Some(Box::new(Checks {
        format: schema["format"].as_str().map(Into::into),
        values: schema["enum"].as_array().map(|values| values.clone().into()),
        pattern: schema["pattern"].as_str().filter(|text| !text.is_empty()).map(Pattern::new),
        minimum: bound("minimum", "exclusiveMinimum"),
        maximum: bound("maximum", "exclusiveMaximum"),
        multiple_of: schema["multipleOf"].as_f64(),
        length: range(schema, "minLength", "maxLength"),
        items: range(schema, "minItems", "maxItems"),
        properties: range(schema, "minProperties", "maxProperties"),
        required: texts(schema, "required"),
        all_of: nodes("allOf"),
        any_of: nodes("anyOf"),
        one_of: nodes("oneOf"),
        not: schema.get("not").filter(|not| not.is_object()).map(|not| Box::new(node(not))),
    }))
}

fn range(schema: &Value, min: &str, max: &str) -> Range {
    let count = |name: &str| schema[name].as_u64().and_then(|count| usize::try_from(count).ok());
    Range { min: count(min), max: count(max) }
}
