//! The order of merged lists.
//!
//! Items the patch names follow the patch's order; the others keep the order they had. Where the two meet, an item that
//! stood before another still does.

use std::collections::HashMap;

use serde_json::Value;

use super::{PATCH, bad};
use crate::ApiError;

/// Sorts a merged list by the order of the patch (its items or a `$setElementOrder` list) and the order it had.
pub(super) fn arrange(
    merged: Vec<Value>,
    order: &[Value],
    before: &[Value],
    key: Option<&str>,
) -> Vec<Value> {
    let (wanted, had) = (Places::new(order, key), Places::new(before, key));
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for item in merged {
        let before = had.of(&item);
        match wanted.of(&item) {
            Some(place) => named.push(Placed { place, before, item }),
            None => others.push(Placed { place: before.unwrap_or(usize::MAX), before, item }),
        }
    }
    named.sort_by_key(|placed| placed.place);
    others.sort_by_key(|placed| placed.place);
    interleave(others, named)
}

/// An item, where it belongs among its like, and where it was, if it was.
struct Placed {
    place: usize,
    before: Option<usize>,
    item: Value,
}

/// Checks that a list patch mentions its items in the order of its `$setElementOrder` list.
pub(super) fn check(
    patch: &[Value],
    order: &[Value],
    key: Option<&str>,
    name: &str,
) -> Result<(), ApiError> {
    let mut remaining = order.iter().map(|ordered| identity(ordered, key));
    for item in patch.iter().filter(|item| item.get(PATCH).is_none()) {
        let wanted = identity(item, key);
        if wanted.is_none() || !remaining.any(|ordered| ordered == wanted) {
            return Err(bad(format!(
                "The order in patch list:\n{}\n doesn't match $setElementOrder/{name} list:\n{}\n",
                Value::from(patch),
                Value::from(order)
            )));
        }
    }
    Ok(())
}

/// By what items are told apart: by a key, or, scalars, by themselves.
fn identity<'v>(item: &'v Value, key: Option<&str>) -> Option<(bool, &'v Value)> {
    match key {
        Some(key) if item.is_object() => item.get(key).map(|value| (true, value)),
        _ => Some((false, item)),
    }
}

/// Where the first item of each identity is in a list.
struct Places<'a> {
    key: Option<&'a str>,
    places: HashMap<(bool, &'a Value), usize>,
}

impl<'a> Places<'a> {
    fn new(list: &'a [Value], key: Option<&'a str>) -> Self {
        let mut places = HashMap::with_capacity(list.len());
        for (place, item) in list.iter().enumerate() {
            if let Some(identity) = identity(item, key) {
                places.entry(identity).or_insert(place);
            }
        }
        Self { key, places }
    }

    fn of(&self, item: &Value) -> Option<usize> {
        self.places.get(&identity(item, self.key)?).copied()
    }
}

/// Merges two sorted lists; an item of `others` comes first only where it stood before the named one.
fn interleave(others: Vec<Placed>, named: Vec<Placed>) -> Vec<Value> {
    let stood_before = |left: &Placed, right: &Placed| {
        left.before.zip(right.before).is_some_and(|(left, right)| left < right)
    };
    let mut result = Vec::with_capacity(others.len() + named.len());
    let (mut others, mut named) = (others.into_iter().peekable(), named.into_iter().peekable());
    while let (Some(other), Some(next)) = (others.peek(), named.peek()) {
        let source = if stood_before(other, next) { &mut others } else { &mut named };
        result.extend(source.next().map(|placed| placed.item));
    }
    result.extend(others.chain(named).map(|placed| placed.item));
    result
}
