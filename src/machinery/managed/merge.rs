//! Laying what somebody applies over what is there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Element;
use super::shape::{Form, Shape};

/// What is there with what is applied on top; the applied order of list items wins.
pub fn merge(shape: Shape<'_>, live: Value, applied: &Value) -> Value {
    match (shape.form(&live), shape.form(applied)) {
        (Form::Map(_), Form::Map(applied)) => match live {
            Value::Object(live) => Value::Object(maps(shape, live, applied)),
            other => other,
        },
        (Form::List(live_elements, live), Form::List(elements, applied)) => {
            Value::Array(lists(shape.item(), (live_elements, live), (elements, applied)))
        }
        // Nothing applied to a map or a list takes nothing out of it.
        (Form::Map(entries), _) if applied.is_null() && !entries.is_empty() => live,
        (Form::List(_, items), _) if applied.is_null() && !items.is_empty() => live,
        _ => applied.clone(),
    }
}

fn maps(
    shape: Shape<'_>,
    mut live: Map<String, Value>,
    applied: &Map<String, Value>,
) -> Map<String, Value> {
    for (name, value) in applied {
        match live.get_mut(name) {
            Some(own) => *own = merge(shape.field(name).shape, own.take(), value),
            None => drop(live.insert(name.clone(), value.clone())),
        }
    }
    live
}

type Items<'v> = (Vec<Element>, &'v [Value]);

/// Applied items come in their order; each live item that is not applied keeps its place before the next that is.
fn lists(item: Shape<'_>, live: Items<'_>, applied: Items<'_>) -> Vec<Value> {
    let shared = index(&live);
    let mine = index(&applied);
    let merged = |position: usize| {
        let (element, value) = (&applied.0[position], &applied.1[position]);
        match shared.get(element).and_then(Option::as_ref) {
            Some(&found) => merge(item, live.1[found].clone(), value),
            None => value.clone(),
        }
    };
    let mut out = Vec::with_capacity(live.1.len().max(applied.1.len()));
    let next_shared =
        |from: usize| (from..applied.0.len()).find(|at| shared.contains_key(&applied.0[*at]));
    let (mut done, mut next) = (0, next_shared(0));
    for (element, value) in live.0.iter().zip(live.1) {
        if !mine.contains_key(element) {
            out.push(value.clone());
            continue;
        }
        if let Some(at) = next.filter(|at| applied.0[*at] == *element) {
            out.extend((done..=at).map(merged));
            done = at + 1;
            next = next_shared(done);
        }
    }
    out.extend((done..applied.0.len()).map(merged));
    out
}

/// Where each item is; an item that occurs several times is nowhere in particular.
fn index<'v>(items: &'v Items<'_>) -> BTreeMap<&'v Element, Option<usize>> {
    let mut index = BTreeMap::new();
    for (position, element) in items.0.iter().enumerate() {
        index.entry(element).and_modify(|found| *found = None).or_insert(Some(position));
    }
    index
}

#[cfg(test)]
mod tests;
