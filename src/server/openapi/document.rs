//! One document: the definitions its kinds need, with what clients read besides JSON Schema.

use kinds::{Kind, Verb};
use machinery::{Definition, Field, FieldType, ListType};
use serde_json::{Map, Value, json};

use super::operation::WATCH_EVENT;
use super::{REFERENCE_PREFIX, custom, described, paths, roots};
use crate::catalog::Served;

pub(super) fn of(path: &str, served: &[&Served]) -> Value {
    let kinds: Vec<&dyn Kind> = served.iter().map(|served| served.kind()).collect();
    let kinds = kinds.as_slice();
    let mut names: Vec<&str> = kinds.iter().map(|kind| kind.schema_name()).collect();
    names.extend(carried(kinds));
    let mut definitions = annotated(described::definitions(&names));
    for kind in kinds.iter().filter(|kind| kind.verbs().contains(&Verb::List)) {
        definitions.insert(list_name(*kind), list(*kind));
    }
    for made in served {
        if let Some(schema) = custom::definition(made) {
            definitions.insert(made.kind().schema_name().to_owned(), schema);
        }
    }
    definitions.insert(WATCH_EVENT.to_owned(), watch_event());
    for (name, schema) in scalars() {
        definitions.entry(name).and_modify(|known| merge(known, schema));
    }
    let mut operations = Map::new();
    if let Some(kind) = kinds.first() {
        roots::add_version(&mut operations, path, *kind);
    }
    for kind in kinds {
        paths::add(&mut operations, path, *kind);
    }
    whole(operations, definitions)
}

/// Definitions with what clients read besides.
pub(super) fn annotated(mut definitions: Map<String, Value>) -> Map<String, Value> {
    for (name, definition) in &mut definitions {
        wrap_references(definition);
        if let Some(known) = kinds::schemas().definition(name) {
            annotate(definition, known);
        }
    }
    definitions
}

/// The document of these paths and of what they refer to.
pub(super) fn whole(paths: Map<String, Value>, definitions: Map<String, Value>) -> Value {
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Isopod", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": { "schemas": definitions },
    })
}

/// Definitions of other groups that subresources carry.
fn carried(kinds: &[&dyn Kind]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for kind in kinds {
        for sub in kind.subresources() {
            let carries = sub.carries(kind.names());
            let known = kinds::schemas().by_gvk(&carries.group, &carries.version, &carries.kind);
            names.extend(known.map(|definition| definition.name.as_str()));
        }
    }
    names
}

/// The definition of a kind's list.
pub(super) fn list_name(kind: &dyn Kind) -> String {
    format!("{}List", kind.schema_name())
}

fn list(kind: &dyn Kind) -> Value {
    let names = kind.names();
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": text,
            "kind": text,
            "metadata": reference("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"),
            "items": { "type": "array", "items": reference(kind.schema_name()) },
        },
        "x-kubernetes-group-version-kind": [{
            "group": names.group, "version": names.version, "kind": names.list_kind(),
        }],
    })
}

fn watch_event() -> Value {
    json!({
        "type": "object",
        "description": "One event of a watch.",
        "required": ["type", "object"],
        "properties": {
            "type": { "type": "string", "description": "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR." },
            "object": {
                "type": "object",
                "description": "What the event is about: an object, after a BOOKMARK only its version, after an ERROR a Status.",
                "x-kubernetes-preserve-unknown-fields": true,
            },
        },
    })
}

/// Values that are written in more than one way, as Kubernetes describes them.
fn scalars() -> [(&'static str, Value); 2] {
    let either = |a: &str, b: &str| json!([{ "type": a }, { "type": b }]);
    [
        (
            "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
            json!({ "format": "int-or-string", "oneOf": either("integer", "string") }),
        ),
        (
            "io.k8s.apimachinery.pkg.api.resource.Quantity",
            json!({ "oneOf": either("string", "number") }),
        ),
    ]
}

fn merge(known: &mut Value, more: Value) {
    if let (Value::Object(known), Value::Object(more)) = (known, more) {
        known.remove("x-kubernetes-int-or-string");
        known.extend(more);
    }
}

/// A reference beside other words becomes `allOf`: JSON Schema would ignore the words.
fn wrap_references(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(wrap_references);
            // A property may be called so too: the schema of schemas has one.
            if object.len() > 1
                && object.get("$ref").is_some_and(Value::is_string)
                && let Some(reference) = object.remove("$ref")
            {
                object.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(wrap_references),
        _ => {}
    }
}

fn annotate(schema: &mut Value, definition: &Definition) {
    if !definition.gvk.is_empty() {
        let gvk = definition
            .gvk
            .iter()
            .map(|gvk| json!({ "group": gvk.group, "version": gvk.version, "kind": gvk.kind }));
        schema["x-kubernetes-group-version-kind"] = gvk.collect();
    }
    if definition.atomic {
        schema["x-kubernetes-map-type"] = "atomic".into();
    }
    require(schema, definition);
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for field in &definition.fields {
        if let Some(property) = properties.get_mut(&field.name).and_then(Value::as_object_mut) {
            annotate_field(property, field);
        }
    }
}

/// What must be there is what the server demands, not what a client's types cannot do without.
fn require(schema: &mut Value, definition: &Definition) {
    let required = definition.fields.iter().filter(|field| field.required);
    let required: Vec<&str> = required.map(|field| field.name.as_str()).collect();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("required");
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
    }
}

fn annotate_field(property: &mut Map<String, Value>, field: &Field) {
    let mut set = |name: &str, value: Value| property.insert(format!("x-kubernetes-{name}"), value);
    let list_type = match field.list_type {
        Some(ListType::Atomic) => Some("atomic"),
        Some(ListType::Set) => Some("set"),
        Some(ListType::Map) => Some("map"),
        None => None,
    };
    if let Some(list_type) = list_type {
        set("list-type", list_type.into());
    }
    if !field.map_keys.is_empty() {
        set("list-map-keys", field.map_keys.clone().into());
    }
    if field.atomic_map == Some(true) {
        set("map-type", "atomic".into());
    }
    let mut strategies = Vec::new();
    if field.patch.retain_keys {
        strategies.push("retainKeys");
    }
    if field.patch.merge {
        strategies.push("merge");
    }
    if !strategies.is_empty() {
        set("patch-strategy", strategies.join(",").into());
    }
    if let Some(key) = &field.patch.merge_key {
        set("patch-merge-key", key.clone().into());
    }
    if !field.enum_values.is_empty() && matches!(field.kind, FieldType::String) {
        property.insert("enum".to_owned(), field.enum_values.clone().into());
    }
}

/// A reference to a definition.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{REFERENCE_PREFIX}{name}") })
}
