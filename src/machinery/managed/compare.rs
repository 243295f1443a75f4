//! What became of the fields of a document between two states of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::collect::{self, Places};
use super::set::Node;
use super::shape::{Child, Form, Shape};
use super::{Element, FieldSet};

/// The difference between two documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What only the new one has.
    pub added: FieldSet,
    /// What both have with different values.
    pub modified: FieldSet,
    /// What only the old one has.
    pub removed: FieldSet,
}

impl Comparison {
    /// Whether the documents are the same.
    pub fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// What the new document says otherwise than the old one.
    pub fn changed(&self) -> FieldSet {
        match (self.added.is_empty(), self.modified.is_empty()) {
            (true, _) => self.modified.clone(),
            (_, true) => self.added.clone(),
            _ => self.added.union(&self.modified),
        }
    }
}

/// Compares two documents of one shape.
pub fn compare(shape: Shape<'_>, old: &Value, new: &Value) -> Comparison {
    present(shape, old, new).below.finish()
}

/// What happened at a place, and below it.
#[derive(Default)]
struct Difference {
    modified: bool,
    below: Changes,
}

/// Nodes gathered for the three sets.
#[derive(Default)]
struct Changes {
    added: Vec<Node>,
    modified: Vec<Node>,
    removed: Vec<Node>,
}

impl Changes {
    fn finish(self) -> Comparison {
        Comparison {
            added: FieldSet::from_nodes(self.added),
            modified: FieldSet::from_nodes(self.modified),
            removed: FieldSet::from_nodes(self.removed),
        }
    }

    /// Takes in what happened at one element.
    fn nest(&mut self, element: impl Fn() -> Element, difference: Difference) {
        let Comparison { added, modified, removed } = difference.below.finish();
        if !added.is_empty() {
            self.added.push(Node { element: element(), member: false, below: added });
        }
        if difference.modified || !modified.is_empty() {
            let node = Node { element: element(), member: difference.modified, below: modified };
            self.modified.push(node);
        }
        if !removed.is_empty() {
            self.removed.push(Node { element: element(), member: false, below: removed });
        }
    }

    fn one_sided(
        &mut self,
        element: Element,
        child: Child<'_>,
        old: Option<&Value>,
        new: Option<&Value>,
    ) {
        if let Some(new) = new {
            self.added.push(collect::node(element, child, new, Places::Added));
        } else if let Some(old) = old {
            self.removed.push(collect::node(element, child, old, Places::All));
        }
    }
}

/// Compares two values that are both there.
fn present(shape: Shape<'_>, old: &Value, new: &Value) -> Difference {
    if old.is_array() && old == new {
        return Difference::default();
    }
    match (shape.form(old), shape.form(new)) {
        (Form::Map(old), Form::Map(new)) => {
            Difference { modified: false, below: maps(shape, old, new) }
        }
        (Form::List(old_elements, old), Form::List(new_elements, new)) => Difference {
            modified: false,
            below: lists(shape.item(), (old_elements, old), (new_elements, new)),
        },
        _ => Difference { modified: old != new, below: Changes::default() },
    }
}

fn maps(shape: Shape<'_>, old: &Map<String, Value>, new: &Map<String, Value>) -> Changes {
    let mut changes = Changes::default();
    for (name, value) in new {
        let element = || Element::Field(name.as_str().into());
        match old.get(name) {
            Some(old) => changes.nest(element, present(shape.field(name).shape, old, value)),
            None => changes.one_sided(element(), shape.field(name), None, Some(value)),
        }
    }
    for (name, value) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
        let element = Element::Field(name.as_str().into());
        changes.one_sided(element, shape.field(name), Some(value), None);
    }
    changes
}

type Items<'v> = (Vec<Element>, &'v [Value]);

fn lists(item: Shape<'_>, old: Items<'_>, new: Items<'_>) -> Changes {
    let child = Child { shape: item, named: false, known: true, required: false };
    let mut pairs: BTreeMap<Element, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
    for (element, value) in old.0.into_iter().zip(old.1) {
        pairs.entry(element).or_default().0.push(value);
    }
    for (element, value) in new.0.into_iter().zip(new.1) {
        pairs.entry(element).or_default().1.push(value);
    }
    let mut changes = Changes::default();
    for (element, (old, new)) in pairs {
        match (old.as_slice(), new.as_slice()) {
            ([old], [new]) => changes.nest(|| element.clone(), present(item, old, new)),
            ([old], []) => changes.one_sided(element, child, Some(old), None),
            ([], [new]) => changes.one_sided(element, child, None, Some(new)),
            (old, new) if old == new => {}
            // Items that occur several times have no parts.
            (old, new) => {
                let node = Node { element, member: true, below: FieldSet::default() };
                let changed = match (old, new) {
                    ([], _) => &mut changes.added,
                    (_, []) => &mut changes.removed,
                    _ => &mut changes.modified,
                };
                changed.push(node);
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests;
