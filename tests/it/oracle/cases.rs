//! Patches made from an object and what its schema says about merging.

use base::Random;
use machinery::{Definition, Field, FieldType, Schemas, document};
use serde_json::{Map, Value, json};

/// Kinds that kubectl merges only with other languages.
const OTHERS: [&str; 2] = ["APIService", "CustomResourceDefinition"];

/// One patch of one object.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) language: &'static str,
    pub(super) object: Value,
    pub(super) patch: Value,
}

/// What an object's kind is made of.
pub(super) fn definition(object: &Value) -> &'static Definition {
    let version = document::api_version(object);
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let found = kinds::schemas().by_gvk(group, version, document::kind(object));
    found.expect("every specimen is of a kind")
}

/// A patch of an object in one of the languages.
pub(super) fn of(object: &Value, random: &Random) -> Case {
    let maker = Maker { schemas: kinds::schemas(), random };
    let (language, patch) = match random.below(4) {
        0 => ("merge", maker.merge(object)),
        1 => ("json", maker.json(object)),
        // kubectl has no schemas of the kinds of other servers.
        _ if OTHERS.contains(&document::kind(object)) => ("merge", maker.merge(object)),
        _ => ("strategic", maker.whole(object)),
    };
    Case { language, object: object.clone(), patch }
}

struct Maker<'a> {
    schemas: &'a Schemas,
    random: &'a Random,
}

impl Maker<'_> {
    /// True once in so many times.
    fn once_in(&self, times: u64) -> bool {
        self.random.below(times) == 0
    }

    fn pick<'v>(&self, values: &'v [Value]) -> &'v Value {
        &values[usize::try_from(self.random.below(values.len() as u64)).expect("an index")]
    }

    /// A strategic patch of an object; what the object is stays as it is.
    fn whole(&self, object: &Value) -> Value {
        let mut patch = self.strategic(object, definition(object));
        patch.retain(|field, _| !["apiVersion", "kind"].contains(&field.as_str()));
        patch.into()
    }

    fn strategic(&self, object: &Value, definition: &Definition) -> Map<String, Value> {
        let mut patch = Map::new();
        for (name, value) in object.as_object().into_iter().flatten() {
            let Some(field) = definition.fields.iter().find(|field| field.name == *name) else {
                continue;
            };
            if name != "metadata" && name != "spec" && self.once_in(3) {
                continue;
            }
            self.field(field, value, &mut patch);
        }
        patch
    }

    fn field(&self, field: &Field, value: &Value, patch: &mut Map<String, Value>) {
        let name = &field.name;
        match (&field.kind, value) {
            (_, Value::Object(_)) if name != "metadata" && name != "spec" && self.once_in(8) => {
                patch.insert(name.clone(), Value::Null);
            }
            (FieldType::Object(_), Value::Object(_)) if field.patch.replace => {
                patch.insert(name.clone(), self.merge(value));
            }
            (FieldType::Object(id), Value::Object(fields)) => {
                let mut inner = self.strategic(value, self.schemas.get(*id));
                if field.patch.retain_keys && self.once_in(2) {
                    let mut kept: Vec<&String> = fields.keys().collect();
                    kept.retain(|key| inner.contains_key(*key) || self.once_in(2));
                    inner.insert("$retainKeys".to_owned(), json!(kept));
                    inner.retain(|key, _| key.starts_with('$') || kept.contains(&key));
                } else if name != "metadata" && name != "spec" && self.once_in(6) {
                    inner.retain(|key, _| !key.starts_with('$'));
                    inner.insert("$patch".to_owned(), "replace".into());
                }
                patch.insert(name.clone(), inner.into());
            }
            (FieldType::List(item), Value::Array(items))
                if field.patch.merge && !items.is_empty() =>
            {
                match (&field.patch.merge_key, item.as_ref()) {
                    (Some(key), FieldType::Object(id)) => {
                        self.keyed_list(name, key, items, self.schemas.get(*id), patch);
                    }
                    _ => self.primitive_list(name, items, patch),
                }
            }
            (FieldType::Map(_), Value::Object(_)) => {
                patch.insert(name.clone(), self.merge(value));
            }
            _ => {
                patch.insert(name.clone(), self.other(value));
            }
        }
    }

    /// Items that change, go and come, and perhaps an order for all of them.
    fn keyed_list(
        &self,
        name: &str,
        key: &str,
        items: &[Value],
        definition: &Definition,
        patch: &mut Map<String, Value>,
    ) {
        let mut list = Vec::new();
        let mut order = Vec::new();
        for item in items {
            let told = json!({ key: item[key] });
            if self.once_in(5) {
                let mut gone = told.clone();
                gone["$patch"] = "delete".into();
                list.push(gone);
                continue;
            }
            order.push(told.clone());
            if self.once_in(2) {
                let mut change = self.strategic(item, definition);
                change.insert(key.to_owned(), item[key].clone());
                list.push(change.into());
            }
        }
        if self.once_in(2) {
            let mut new = self.pick(items).clone();
            new[key] = self.other(&new[key]);
            order.insert(0, json!({ key: new[key] }));
            list.push(new);
        }
        if self.once_in(2) {
            if self.once_in(2) {
                order.reverse();
            }
            patch.insert(format!("$setElementOrder/{name}"), order.into());
        } else if self.once_in(8) {
            list.push(json!({ "$patch": "replace" }));
        }
        patch.insert(name.to_owned(), list.into());
    }

    /// Values that come and go.
    fn primitive_list(&self, name: &str, items: &[Value], patch: &mut Map<String, Value>) {
        let new = self.other(&items[0]);
        let mut order: Vec<Value> = items.to_vec();
        if self.once_in(2) {
            let gone = self.pick(items).clone();
            order.retain(|item| *item != gone);
            patch.insert(format!("$deleteFromPrimitiveList/{name}"), json!([gone]));
        }
        if self.once_in(2) {
            order.insert(0, new.clone());
            patch.insert(name.to_owned(), json!([new]));
        }
        if self.once_in(2) {
            patch.insert(format!("$setElementOrder/{name}"), order.into());
        }
    }

    /// A merge patch that changes, removes and adds.
    fn merge(&self, object: &Value) -> Value {
        let Some(fields) = object.as_object() else { return self.other(object) };
        let mut patch = Map::new();
        for (name, value) in fields {
            if matches!(name.as_str(), "apiVersion" | "kind") || self.once_in(3) {
                continue;
            }
            let change = match value {
                Value::Object(_) => self.merge(value),
                _ if name != "name" && self.once_in(4) => Value::Null,
                _ => self.other(value),
            };
            patch.insert(name.clone(), change);
        }
        if object.get("apiVersion").is_none()
            && fields.values().all(Value::is_string)
            && self.once_in(3)
        {
            patch.insert("added".to_owned(), "here".into());
        }
        patch.into()
    }

    /// A few operations, of which one may fail.
    fn json(&self, object: &Value) -> Value {
        let mut places = Vec::new();
        places_below(object, "", &mut places);
        places.retain(|place| !["/apiVersion", "/kind", "/metadata"].contains(&place.as_str()));
        let places: Vec<Value> = places.into_iter().map(Value::from).collect();
        let mut patch =
            vec![json!({ "op": "add", "path": "/metadata/labels", "value": { "a": "b" } })];
        for _ in 0..3 {
            let path = self.pick(&places);
            let value =
                object.pointer(path.as_str().unwrap_or_default()).cloned().unwrap_or_default();
            patch.push(match self.random.below(6) {
                0 => json!({ "op": "replace", "path": path, "value": self.other(&value) }),
                1 => json!({ "op": "remove", "path": path }),
                2 => json!({ "op": "test", "path": path, "value": value }),
                3 => json!({ "op": "copy", "from": path, "path": "/metadata/labels/copied" }),
                4 => json!({ "op": "move", "from": "/metadata/labels/a", "path": "/metadata/labels/moved" }),
                _ => json!({ "op": "add", "path": path, "value": self.other(&value) }),
            });
        }
        patch.into()
    }

    /// Another value of the same type.
    fn other(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => format!("{text}{}", self.random.below(10)).into(),
            Value::Number(number) => {
                (number.as_i64().unwrap_or(0) + i64::from(self.once_in(2)) + 1).into()
            }
            Value::Bool(flag) => (!flag).into(),
            other => other.clone(),
        }
    }
}

fn places_below(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                found.push(at.clone());
                places_below(value, &at, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                found.push(at.clone());
                places_below(value, &at, found);
            }
        }
        _ => {}
    }
}
