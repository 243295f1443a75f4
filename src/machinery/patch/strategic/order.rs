//! The order of merged lists.
//!
//! Items the patch names follow the patch's order; the others keep the order they had. Where the two meet, an item that
//! stood before another still does.

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
    let identity = Identity { key };
    let (mut named, mut others): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| identity.position(order, item).is_some());
    named.sort_by_key(|item| identity.position(order, item));
    others.sort_by_key(|item| identity.position(before, item).unwrap_or(usize::MAX));
    interleave(others, named, before, identity)
}

/// Checks that a list patch mentions its items in the order of its `$setElementOrder` list.
pub(super) fn check(
    patch: &[Value],
    order: &[Value],
    key: Option<&str>,
    name: &str,
) -> Result<(), ApiError> {
    let identity = Identity { key };
    let mut remaining = order.iter();
    for item in patch.iter().filter(|item| item.get(PATCH).is_none()) {
        if !remaining.any(|ordered| identity.same(ordered, item)) {
            return Err(bad(format!(
                "The order in patch list:\n{}\n doesn't match $setElementOrder/{name} list:\n{}\n",
                Value::from(patch),
                Value::from(order)
            )));
        }
    }
    Ok(())
}

/// How items are told apart: by a key, or, scalars, by themselves.
#[derive(Clone, Copy)]
struct Identity<'a> {
    key: Option<&'a str>,
}

impl Identity<'_> {
    fn same(self, left: &Value, right: &Value) -> bool {
        match self.key {
            Some(key) if left.is_object() || right.is_object() => {
                left.get(key).is_some() && left.get(key) == right.get(key)
            }
            _ => left == right,
        }
    }

    fn position(self, list: &[Value], item: &Value) -> Option<usize> {
        list.iter().position(|other| self.same(other, item))
    }
}

/// Merges two sorted lists; an item of `others` comes first only where it stood before the named one.
fn interleave(
    others: Vec<Value>,
    named: Vec<Value>,
    before: &[Value],
    identity: Identity<'_>,
) -> Vec<Value> {
    let stood_before = |left: &Value, right: &Value| {
        let positions = (identity.position(before, left), identity.position(before, right));
        matches!(positions, (Some(left), Some(right)) if left < right)
    };
    let mut result = Vec::with_capacity(others.len() + named.len());
    let (mut others, mut named) = (others.into_iter().peekable(), named.into_iter().peekable());
    while let (Some(other), Some(next)) = (others.peek(), named.peek()) {
        let source = if stood_before(other, next) { &mut others } else { &mut named };
        result.extend(source.next());
    }
    result.extend(others);
    result.extend(named);
    result
}
