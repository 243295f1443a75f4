//! The set of fields a document has, for the three uses of it.

use serde_json::Value;

use super::set::Node;
use super::shape::{Child, Form, Shape};
use super::{Element, FieldSet};

/// Which places of a document count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Places {
    /// What somebody applies: values, entries of maps and items of lists, not the objects and lists around them.
    Applied,
    /// What a writer brings in: those, and the maps and lists that were not there.
    Added,
    /// All of them.
    All,
}

/// The fields somebody who applies this document claims.
pub fn applied(shape: Shape<'_>, document: &Value) -> FieldSet {
    below(shape, document, Places::Applied)
}

/// The places below a value.
pub(super) fn below(shape: Shape<'_>, value: &Value, places: Places) -> FieldSet {
    match shape.form(value) {
        Form::Whole => FieldSet::default(),
        Form::Map(map) => {
            let nodes = map.iter().map(|(name, value)| {
                node(Element::Field(name.as_str().into()), shape.field(name), value, places)
            });
            FieldSet::from_nodes(nodes.collect())
        }
        Form::List(elements, items) => items_below(shape.item(), elements, items, places),
    }
}

/// A value under its element.
pub(super) fn node(element: Element, child: Child<'_>, value: &Value, places: Places) -> Node {
    let member = is_member(child, value, places);
    Node { element, member, below: below(child.shape, value, places) }
}

fn is_member(child: Child<'_>, value: &Value, places: Places) -> bool {
    if places == Places::All || !child.named {
        return true;
    }
    match child.shape.form(value) {
        Form::Whole => true,
        Form::Map(map) if map.is_empty() => true,
        // Objects of built-in kinds are taken for what is never absent in Go, so that nobody brings them in; maps may
        // be, and whatever custom resources hold.
        Form::Map(_) => {
            let always_there = child.shape.is_object() && !child.shape.may_change();
            places == Places::Added && !child.required && !always_there
        }
        Form::List(..) => places == Places::Added && !child.required,
    }
}

/// Items that occur more than once count as one, of which nobody owns a part.
fn items_below(
    item: Shape<'_>,
    elements: Vec<Element>,
    items: &[Value],
    places: Places,
) -> FieldSet {
    let child = Child { shape: item, named: false, known: true, required: false };
    let nodes = elements.into_iter().zip(items);
    let nodes: Vec<Node> =
        nodes.map(|(element, value)| node(element, child, value, places)).collect();
    let mut order: Vec<&Element> = nodes.iter().map(|node| &node.element).collect();
    order.sort_unstable();
    if order.windows(2).all(|pair| pair[0] != pair[1]) {
        return FieldSet::from_nodes(nodes);
    }
    let repeated: Vec<Element> =
        order.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect();
    let cut = |mut node: Node| {
        if repeated.binary_search(&node.element).is_ok() {
            node.below = FieldSet::default();
        }
        node
    };
    FieldSet::from_nodes(nodes.into_iter().map(cut).collect())
}
