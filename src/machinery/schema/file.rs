//! The generated schema file.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use super::{
    Definition, DefinitionId, Embedded, Field, FieldType, GroupVersionKind, ListType,
    PatchStrategy, SchemaError, Schemas,
};

/// Lists that Go writes even if they are empty, though OpenAPI does not require them.
const KEPT_EMPTY: [(&str, &str); 8] = [
    ("ClusterRole", "rules"),
    ("Role", "rules"),
    ("ContainerImage", "names"),
    ("CustomResourceDefinitionStatus", "conditions"),
    ("CustomResourceDefinitionStatus", "storedVersions"),
    ("EndpointSlice", "ports"),
    ("HorizontalPodAutoscalerStatus", "currentMetrics"),
    ("ProjectedVolumeSource", "sources"),
];

#[derive(Deserialize)]
struct File {
    definitions: BTreeMap<String, FileDefinition>,
}

#[derive(Deserialize)]
struct FileDefinition {
    #[serde(default)]
    gvk: Vec<[String; 3]>,
    #[serde(default)]
    fields: BTreeMap<String, FileField>,
    #[serde(default)]
    embedded: Vec<FileEmbedded>,
    #[serde(default, rename = "mapType")]
    map_type: String,
}

#[derive(Deserialize)]
struct FileEmbedded {
    number: u32,
    #[serde(rename = "ref")]
    definition: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileField {
    #[serde(rename = "type")]
    kind: Value,
    number: Option<u32>,
    #[serde(default)]
    required: bool,
    pointer: Option<bool>,
    patch_merge_key: Option<String>,
    #[serde(default)]
    patch_strategy: String,
    list_type: Option<String>,
    #[serde(default)]
    list_map_keys: Vec<String>,
    map_type: Option<String>,
    #[serde(default, rename = "enum")]
    enum_values: Vec<Value>,
    default: Option<Value>,
}

type Ids = HashMap<String, DefinitionId>;

pub(super) fn load(data: &[u8]) -> Result<Schemas, SchemaError> {
    let file: File = serde_json::from_slice(data)?;
    let by_name: Ids = (0..)
        .map(DefinitionId)
        .zip(file.definitions.keys())
        .map(|(id, name)| (name.clone(), id))
        .collect();
    let mut definitions = Vec::with_capacity(file.definitions.len());
    let mut by_gvk = Vec::new();
    for (name, definition) in file.definitions {
        let definition = definition.resolve(name, &by_name)?;
        let id = by_name[&definition.name];
        by_gvk.extend(definition.gvk.iter().map(|gvk| (gvk.clone(), id)));
        definitions.push(definition);
    }
    by_gvk.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(Schemas { definitions, by_name, by_gvk })
}

impl FileDefinition {
    fn resolve(self, name: String, ids: &Ids) -> Result<Definition, SchemaError> {
        let fields = self
            .fields
            .into_iter()
            .map(|(field_name, field)| {
                let kept = |(definition, field): &(&str, &str)| {
                    *field == field_name && name.rsplit('.').next() == Some(*definition)
                };
                let keeps_empty = KEPT_EMPTY.iter().any(kept);
                field.resolve(field_name, keeps_empty, ids)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let instants = fields
            .iter()
            .filter(|field| field.required && field.kind == FieldType::Time)
            .map(|field| field.name.clone())
            .collect();
        let mut by_number: Vec<(u32, usize)> = fields
            .iter()
            .enumerate()
            .filter_map(|(position, field)| Some((field.number?, position)))
            .collect();
        by_number.sort_unstable();
        let embedded = self
            .embedded
            .into_iter()
            .map(|embedded| {
                let definition = lookup(&embedded.definition, ids)?;
                Ok(Embedded { number: embedded.number, definition })
            })
            .collect::<Result<_, SchemaError>>()?;
        let gvk = self
            .gvk
            .into_iter()
            .map(|[group, version, kind]| GroupVersionKind { group, version, kind })
            .collect();
        let atomic = self.map_type == "atomic";
        Ok(Definition { name, gvk, fields, embedded, atomic, instants, by_number })
    }
}

impl FileField {
    fn resolve(self, name: String, keeps_empty: bool, ids: &Ids) -> Result<Field, SchemaError> {
        let strategies: Vec<&str> = self.patch_strategy.split(',').map(str::trim).collect();
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(Field {
            name,
            kind: field_type(&self.kind, ids)?,
            number: self.number,
            required: self.required,
            optional: self.pointer,
            keeps_empty,
            list_type: self.list_type.as_deref().and_then(list_type),
            map_keys: self.list_map_keys,
            atomic_map: self.map_type.map(|map_type| map_type == "atomic"),
            patch: PatchStrategy {
                merge_key: self.patch_merge_key,
                merge: strategies.contains(&"merge"),
                replace: strategies.contains(&"replace"),
                retain_keys: strategies.contains(&"retainKeys"),
            },
            default: self.default,
            enum_values: self.enum_values.into_iter().map(text).collect(),
        })
    }
}

fn list_type(name: &str) -> Option<ListType> {
    match name {
        "atomic" => Some(ListType::Atomic),
        "set" => Some(ListType::Set),
        "map" => Some(ListType::Map),
        _ => None,
    }
}

fn field_type(kind: &Value, ids: &Ids) -> Result<FieldType, SchemaError> {
    match kind {
        Value::String(name) => scalar(name).ok_or_else(|| SchemaError::UnknownType(name.clone())),
        Value::Object(map) => match map.iter().next() {
            Some((key, Value::String(name))) if key == "ref" => {
                Ok(FieldType::Object(lookup(name, ids)?))
            }
            Some((key, item)) if key == "list" => {
                Ok(FieldType::List(Box::new(field_type(item, ids)?)))
            }
            Some((key, item)) if key == "map" => {
                Ok(FieldType::Map(Box::new(field_type(item, ids)?)))
            }
            _ => Err(SchemaError::UnknownType(kind.to_string())),
        },
        _ => Err(SchemaError::UnknownType(kind.to_string())),
    }
}

fn scalar(name: &str) -> Option<FieldType> {
    Some(match name {
        "string" => FieldType::String,
        "boolean" => FieldType::Bool,
        "int32" => FieldType::Int32,
        "int64" => FieldType::Int64,
        "double" => FieldType::Double,
        "bytes" => FieldType::Bytes,
        "time" => FieldType::Time,
        "microTime" => FieldType::MicroTime,
        "duration" => FieldType::Duration,
        "quantity" => FieldType::Quantity,
        "intOrString" => FieldType::IntOrString,
        "fieldsV1" => FieldType::FieldsV1,
        "any" => FieldType::Any,
        _ => return None,
    })
}

fn lookup(name: &str, ids: &Ids) -> Result<DefinitionId, SchemaError> {
    ids.get(name).copied().ok_or_else(|| SchemaError::UnknownDefinition(name.to_owned()))
}
