//! Rules in CEL that a schema gives for its values (`x-kubernetes-validations`).
//!
//! Rules are compiled once, when the kind is made. Whoever defines a kind writes them, so nothing they say may hold the
//! server: all rules of an object share one budget of steps, bytes and time.

mod evaluate;
mod rule;
mod values;

use machinery::structural::{Additional, Node};
use machinery::{FieldErrors, FieldPath};
use serde_json::Value;

use crate::read::items;

pub(crate) use rule::Rule;

use evaluate::{Place, Walk};

/// The rules of a schema and where they stand.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    here: Vec<Rule>,
    /// Why rules are missing here. They speak against every value: a value they were never asked about may be wrong.
    broken: Vec<String>,
    properties: Vec<(Box<str>, Rules)>,
    items: Option<Box<Rules>>,
    values: Option<Box<Rules>>,
    /// Whether there are rules here or below that compare with what was before.
    compares: bool,
}

impl Rules {
    /// Reads the rules of a schema; what does not compile now was accepted by another version, or on another day.
    pub(crate) fn read(schema: &Value) -> Self {
        let below = |schema: &Value| {
            let rules = Self::read(schema);
            (!rules.is_empty()).then(|| Box::new(rules))
        };
        let named = schema["properties"].as_object().into_iter().flatten();
        let properties: Vec<(Box<str>, Self)> = named
            .filter_map(|(name, schema)| below(schema).map(|rules| (name.as_str().into(), *rules)))
            .collect();
        let given = items(schema, "x-kubernetes-validations");
        let (mut here, mut broken) = (Vec::new(), Vec::new());
        for rule in given {
            match Rule::compile(rule) {
                Ok(rule) => here.push(rule),
                Err(why) => broken.push(format!("rule compile error: {why}")),
            }
        }
        let items = schema.get("items").and_then(below);
        let values = schema.get("additionalProperties").and_then(below);
        let compares = here.iter().any(|rule| rule.is_transition)
            || properties.iter().map(|(_, rules)| rules).any(|rules| rules.compares)
            || [&items, &values].into_iter().flatten().any(|rules| rules.compares);
        Self { here, broken, properties, items, values, compares }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.here.is_empty()
            && self.broken.is_empty()
            && self.properties.is_empty()
            && self.items.is_none()
            && self.values.is_none()
    }

    /// Reports what the rules find wrong with an object.
    pub(crate) fn validate(
        &self,
        node: &Node,
        object: &Value,
        old: Option<&Value>,
        errors: &FieldErrors,
    ) {
        if !self.is_empty() {
            let place = Place { node, value: object, old, root: true };
            let walk = Walk::new();
            walk.spend(|| self.walk(&walk, place, &errors.root()));
        }
    }

    fn walk(&self, walk: &Walk, place: Place<'_>, path: &FieldPath<'_>) {
        let Place { node, value, old, .. } = place;
        if walk.is_over() || value.is_null() || (old == Some(value) && !self.compares) {
            return;
        }
        if old != Some(value) {
            self.broken.iter().for_each(|why| evaluate::refuse(place, path, why));
        }
        walk.check(&self.here, place, path);
        for (name, rules) in &self.properties {
            if let (Some(node), Some(value)) = (node.property(name), value.get(name.as_ref())) {
                let old = old.and_then(|old| old.get(name.as_ref()));
                rules.walk(walk, Place { node, value, old, root: false }, &path.at(name));
            }
        }
        if let (Some(rules), Additional::Of(node), Some(map)) =
            (&self.values, &node.additional, value.as_object())
        {
            for (name, value) in map.iter().filter(|(name, _)| place.node.property(name).is_none())
            {
                let old = old.and_then(|old| old.get(name));
                rules.walk(walk, Place { node, value, old, root: false }, &path.key(name));
            }
        }
        if let (Some(rules), Some(item), Some(list)) = (&self.items, &node.items, value.as_array())
        {
            let before = node.counterparts(old);
            for (index, value) in list.iter().enumerate() {
                let old = before.of(value);
                rules.walk(walk, Place { node: item, value, old, root: false }, &path.index(index));
            }
        }
    }
}

#[cfg(test)]
mod tests;
