//! `metadata.managedFields`: who owns which fields.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{FieldSet, fields_v1};

/// Why managed fields cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(super) &'static str);

/// How a manager came to own its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// By applying them.
    Apply,
    /// By writing them.
    Update,
}

/// The fields of one manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub manager: String,
    /// How.
    pub operation: Operation,
    /// The version whose fields are meant.
    pub api_version: String,
    /// Through which subresource; empty for the object itself.
    pub subresource: String,
    /// When the manager last took fields.
    pub time: Option<String>,
    /// Which.
    pub fields: FieldSet,
}

/// The owners of the fields of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManagedFields {
    pub(super) entries: Vec<Entry>,
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

impl Entry {
    /// Whether two entries are of one manager. Who applies stays the same across versions.
    pub(super) fn is_same_manager(&self, other: &Self) -> bool {
        self.manager == other.manager
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }

    fn order(&self, other: &Self) -> Ordering {
        let key = |entry: &Self| (entry.operation, entry.time.clone());
        key(self).cmp(&key(other)).then_with(|| {
            let key = |entry: &'_ Self| {
                [&entry.manager, &entry.api_version, &entry.subresource].map(String::clone)
            };
            key(self).cmp(&key(other))
        })
    }

    fn decode(value: &Value) -> Result<Self, Malformed> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let operation = match text("operation") {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return Err(Malformed("the operation is neither Apply nor Update")),
        };
        if text("fieldsType") != "FieldsV1" {
            return Err(Malformed("fieldsType is not FieldsV1"));
        }
        let fields = value.get("fieldsV1").map(fields_v1::decode).transpose()?;
        Ok(Self {
            manager: text("manager").to_owned(),
            operation,
            api_version: text("apiVersion").to_owned(),
            subresource: text("subresource").to_owned(),
            time: value.get("time").and_then(Value::as_str).map(str::to_owned),
            fields: fields.unwrap_or_default(),
        })
    }

    fn encode(&self) -> Value {
        let mut map = Map::new();
        let texts = [
            ("manager", self.manager.as_str()),
            ("operation", self.operation.as_str()),
            ("apiVersion", &self.api_version),
            ("time", self.time.as_deref().unwrap_or_default()),
            ("fieldsType", "FieldsV1"),
            ("subresource", &self.subresource),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            map.insert(name.to_owned(), text.into());
        }
        map.insert("fieldsV1".to_owned(), fields_v1::encode(&self.fields));
        Value::Object(map)
    }
}

impl ManagedFields {
    /// Reads the list in a document's metadata.
    pub fn decode(value: &Value) -> Result<Self, Malformed> {
        let Value::Array(items) = value else { return Err(Malformed("managedFields is no list")) };
        let entries = items.iter().map(Entry::decode).collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    /// The list as a document carries it, in Kubernetes' order.
    pub fn encode(mut self) -> Value {
        self.entries.sort_by(Entry::order);
        self.entries.iter().map(Entry::encode).collect()
    }

    /// Whether nobody owns anything.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// One entry per manager.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// Whether a writer asks for ownership to be forgotten: `[]` and `[{}]` do.
pub fn is_reset(value: &Value) -> bool {
    match value.as_array().map(Vec::as_slice) {
        Some([]) => true,
        Some([Value::Object(entry)]) => entry.is_empty(),
        _ => false,
    }
}

/// Whether two lists differ in nothing but the times of their entries.
pub fn same_but_times(left: &Value, right: &Value) -> bool {
    let (Value::Array(left), Value::Array(right)) = (left, right) else { return left == right };
    let without_time = |entry: &Value| {
        let mut entry = entry.clone();
        entry.as_object_mut().and_then(|map| map.remove("time"));
        entry
    };
    // Times decide the order, so the lists may be in different ones.
    let mut rest: HashMap<Value, usize> = HashMap::new();
    for entry in right {
        *rest.entry(without_time(entry)).or_default() += 1;
    }
    left.len() == right.len()
        && left.iter().map(without_time).all(|entry| {
            let found = rest.get_mut(&entry).filter(|left| **left > 0);
            found.map(|left| *left -= 1).is_some()
        })
}

#[cfg(test)]
mod tests;
