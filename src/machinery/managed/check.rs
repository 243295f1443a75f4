//! Whether a document can be applied: every field known, every item told apart.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::Element;
use super::shape::{Form, Shape};
use crate::short::short;

/// Enough to see what is wrong; a hostile document must not make an answer of more than its own size.
const MAX_PROBLEMS: usize = 100;

/// What is wrong, in the words of Kubernetes' own merge; empty when nothing is.
pub fn check(shape: Shape<'_>, document: &Value) -> Vec<String> {
    let mut problems = Problems(Vec::new());
    walk(shape, document, &Place::Top, &mut problems);
    problems.0
}

/// Where the walk stands, put into words only for a problem.
enum Place<'a> {
    Top,
    Field(&'a Self, &'a str),
    Item(&'a Self, &'a Element),
}

struct Problems(Vec<String>);

impl Problems {
    fn are_many(&self) -> bool {
        self.0.len() >= MAX_PROBLEMS
    }

    fn note(&mut self, place: &Place<'_>, problem: impl fmt::Display) {
        if !self.are_many() {
            self.0.push(format!("{}: {}", short(place), short(problem)));
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Field(above, name) => write!(f, "{above}.{name}"),
            Self::Item(above, element) => write!(f, "{above}{element}"),
        }
    }
}

fn walk(shape: Shape<'_>, value: &Value, place: &Place<'_>, problems: &mut Problems) {
    match value {
        Value::Array(items) if shape.is_granular_list() => list(shape, items, place, problems),
        value => {
            let Form::Map(map) = shape.form(value) else { return };
            for (name, value) in map {
                if problems.are_many() {
                    return;
                }
                let child = shape.field(name);
                let place = Place::Field(place, name);
                if child.known {
                    walk(child.shape, value, &place, problems);
                } else {
                    problems.note(&place, "field not declared in schema");
                }
            }
        }
    }
}

fn list(shape: Shape<'_>, items: &[Value], place: &Place<'_>, problems: &mut Problems) {
    let mut seen: BTreeSet<Element> = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        if problems.are_many() {
            return;
        }
        match shape.element(item) {
            Err(problem) => problems.note(place, format_args!("element {index}: {problem}")),
            Ok(element) => {
                walk(shape.item(), item, &Place::Item(place, &element), problems);
                if let Some(twice) = seen.replace(element) {
                    problems.note(place, format_args!("duplicate entries for key {twice}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
