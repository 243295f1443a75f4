//! Whether a document can be applied: every field known, every item told apart.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Element;
use super::shape::{Form, Shape};

/// What is wrong, in the words of Kubernetes' own merge; empty when nothing is.
pub fn check(shape: Shape<'_>, document: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    walk(shape, document, "", &mut problems);
    problems
}

fn walk(shape: Shape<'_>, value: &Value, path: &str, problems: &mut Vec<String>) {
    match value {
        Value::Array(items) if shape.is_granular_list() => list(shape, items, path, problems),
        value => {
            let Form::Map(map) = shape.form(value) else { return };
            for (name, value) in map {
                let child = shape.field(name);
                let path = format!("{path}.{name}");
                if child.known {
                    walk(child.shape, value, &path, problems);
                } else {
                    problems.push(format!("{path}: field not declared in schema"));
                }
            }
        }
    }
}

fn list(shape: Shape<'_>, items: &[Value], path: &str, problems: &mut Vec<String>) {
    let mut seen: BTreeSet<Element> = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        match shape.element(item) {
            Err(problem) => problems.push(format!("{path}: element {index}: {problem}")),
            Ok(element) => {
                walk(shape.item(), item, &format!("{path}{element}"), problems);
                if let Some(twice) = seen.replace(element) {
                    problems.push(format!("{path}: duplicate entries for key {twice}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
