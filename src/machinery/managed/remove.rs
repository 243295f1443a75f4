//! Taking the places of a set out of a document.

use serde_json::Value;

use super::FieldSet;
use super::set::Node;
use super::shape::{Form, Shape};

/// A document without the fields, entries and items a set holds; what becomes empty by it goes too.
pub fn remove(shape: Shape<'_>, mut document: Value, set: &FieldSet) -> Value {
    if !prune(shape, &mut document, set) {
        document = Value::Object(serde_json::Map::new());
    }
    document
}

/// The set with the objects on the way to its places: who applied `.spec.strategy.type` may take `.spec.strategy` away.
pub(super) fn with_objects(shape: Shape<'_>, set: &FieldSet) -> FieldSet {
    let nodes = set.nodes().iter().map(|node| {
        let child = shape.child(&node.element);
        Node {
            element: node.element.clone(),
            member: node.member || child.named,
            below: with_objects(child.shape, &node.below),
        }
    });
    FieldSet::from_nodes(nodes.collect())
}

/// Whether anything is left of a value that held something.
fn prune(shape: Shape<'_>, value: &mut Value, set: &FieldSet) -> bool {
    let elements = match shape.form(value) {
        Form::Whole => return true,
        Form::Map(_) => Vec::new(),
        Form::List(elements, _) => elements,
    };
    match value {
        Value::Object(map) => {
            let before = map.len();
            map.retain(|name, value| {
                set.field(name).is_none_or(|node| keeps(shape.field(name).shape, value, node))
            });
            before == 0 || !map.is_empty()
        }
        Value::Array(items) => {
            let before = items.len();
            let mut elements = elements.iter();
            items.retain_mut(|value| {
                let node = elements.next().and_then(|element| set.get(element));
                node.is_none_or(|node| keeps(shape.item(), value, node))
            });
            before == 0 || !items.is_empty()
        }
        _ => true,
    }
}

fn keeps(shape: Shape<'_>, value: &mut Value, node: &Node) -> bool {
    !node.member && prune(shape, value, &node.below)
}

#[cfg(test)]
mod tests;
