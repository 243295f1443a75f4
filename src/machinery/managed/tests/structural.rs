//! The same laws over custom resources, whose schemas are random too.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Step, laws_hold, schemas, steps};
use crate::managed::Shape;
use crate::{GroupVersionKind, Structural};

const FIELDS: [&str; 3] = ["a", "b", "c"];

fn field() -> impl Strategy<Value = String> {
    prop::sample::select(&FIELDS[..]).prop_map(str::to_owned)
}

/// Schemas of every sort of map and list, some levels deep.
fn structural() -> impl Strategy<Value = Value> {
    let scalar = prop::sample::select(vec!["string", "integer", "boolean"]);
    scalar.prop_map(|kind| json!({"type": kind})).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (btree_map(field(), inner.clone(), 1..4), any::<bool>()).prop_map(object),
            inner.clone().prop_map(|entry| json!({"type": "object", "additionalProperties": entry})),
            inner.clone().prop_map(|item| json!({"type": "array", "items": item})),
            Just(json!({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}})),
            (inner, any::<bool>()).prop_map(keyed),
        ]
    })
}

fn object((properties, atomic): (BTreeMap<String, Value>, bool)) -> Value {
    let kind = if atomic { "atomic" } else { "granular" };
    json!({"type": "object", "x-kubernetes-map-type": kind, "properties": properties})
}

/// A list whose items are told apart by one key or by two, of which the second may be left out.
fn keyed((value, two): (Value, bool)) -> Value {
    let keys = if two { json!(["k", "l"]) } else { json!(["k"]) };
    json!({
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys,
        "items": {
            "type": "object",
            "required": ["k"],
            "properties": {
                "k": {"type": "string"},
                "l": {"type": "integer", "default": 1},
                "v": value,
            },
        },
    })
}

/// Values that a schema allows.
fn values(schema: &Value) -> BoxedStrategy<Value> {
    match schema["type"].as_str().unwrap() {
        "string" => prop::sample::select(vec!["x", "y"]).prop_map(Value::from).boxed(),
        "integer" => (0..3_i64).prop_map(Value::from).boxed(),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "array" => {
            let list = schema.clone();
            vec(values(&schema["items"]), 0..4)
                .prop_map(move |items| distinct(&list, items))
                .boxed()
        }
        _ => {
            if let Some(properties) = schema["properties"].as_object() {
                return fields(properties, &schema["required"]);
            }
            let entries = btree_map(field(), values(&schema["additionalProperties"]), 0..3);
            entries.prop_map(|entries| json!(entries)).boxed()
        }
    }
}

fn fields(properties: &Map<String, Value>, required: &Value) -> BoxedStrategy<Value> {
    let mut object = Just(Map::new()).boxed();
    for (name, schema) in properties {
        let name = name.clone();
        let always = required.as_array().is_some_and(|all| all.contains(&json!(name)));
        let value = if always {
            values(schema).prop_map(Some).boxed()
        } else {
            prop::option::weighted(0.6, values(schema)).boxed()
        };
        object = (object, value)
            .prop_map(move |(mut object, value)| {
                if let Some(value) = value {
                    object.insert(name.clone(), value);
                }
                object
            })
            .boxed();
    }
    object.prop_map(Value::Object).boxed()
}

/// The items that may stand beside each other in a list.
fn distinct(list: &Value, mut items: Vec<Value>) -> Value {
    let mut seen = BTreeSet::new();
    let has_two = list["x-kubernetes-list-map-keys"][1].is_string();
    items.retain(|item| match list["x-kubernetes-list-type"].as_str() {
        Some("set") => seen.insert(item.to_string()),
        Some("map") if has_two => {
            seen.insert(format!("{} {}", item["k"], item["l"].as_i64().unwrap_or(1)))
        }
        Some("map") => seen.insert(item["k"].to_string()),
        _ => true,
    });
    items.into()
}

/// A schema for what a kind is made of, and a history of one of its objects.
fn histories() -> impl Strategy<Value = (Value, Vec<Step>)> {
    structural().prop_flat_map(|spec| {
        let schema = json!({"type": "object", "properties": {"spec": spec}});
        let objects = move || {
            values(&spec).prop_map(|spec| {
                json!({
                    "apiVersion": "isopod.test/v1", "kind": "Shell",
                    "metadata": {"name": "s", "labels": {"always": "there"}}, "spec": spec,
                })
            })
        };
        (Just(schema), steps(objects).prop_map(tracked))
    })
}

/// On a server every change is somebody's.
fn tracked(mut steps: Vec<Step>) -> Vec<Step> {
    for step in &mut steps {
        if let Step::Untracked(object) = step {
            *step = Step::Update("eve", object.take());
        }
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold_for_every_structural_schema((schema, steps) in histories()) {
        let [group, version, kind] = ["isopod.test", "v1", "Shell"].map(str::to_owned);
        let structural = Structural::new(GroupVersionKind { group, version, kind }, &schema);
        let shape = Shape::of_custom_resource(schemas(), &structural);
        let start = json!({
            "apiVersion": "isopod.test/v1", "kind": "Shell",
            "metadata": {"name": "s", "labels": {"always": "there"}},
        });
        laws_hold("isopod.test/v1", shape, start, steps)?;
    }
}
