//! What the tests of all kinds share: one way to admit an object, one to change it, one to print its row.

use std::fmt::Write;

use jiff::Timestamp;
use machinery::{Definition, FieldErrors, FieldType};
use serde_json::Value;

use crate::kind::Kind;

/// The object as the server would store it.
pub(crate) fn admitted(kind: &dyn Kind, mut object: Value) -> Value {
    kind.set_defaults(&mut object);
    kind.prepare_create(&mut object);
    object
}

/// What is wrong with a new object, one error per line.
pub(crate) fn problems(kind: &dyn Kind, object: &Value) -> String {
    let errors = FieldErrors::new();
    crate::validate(kind, object, &errors);
    lines(errors)
}

/// What is wrong with a change of an object, one error per line.
pub(crate) fn problems_of_update(kind: &dyn Kind, new: &Value, old: &Value) -> String {
    let errors = FieldErrors::new();
    crate::validate_update(kind, new, old, &errors);
    lines(errors)
}

/// What is said of each change of the status of an admitted object.
pub(crate) fn refused_statuses(
    kind: &dyn Kind,
    valid: &Value,
    changes: &[(&str, Value)],
) -> String {
    let old = admitted(kind, valid.clone());
    refused_changes_of_status(kind, &old, changes)
}

/// What is said of each change of the status of an object that is stored.
pub(crate) fn refused_changes_of_status(
    kind: &dyn Kind,
    old: &Value,
    changes: &[(&str, Value)],
) -> String {
    said(changes.iter().cloned(), |pointer, value| {
        let mut new = with(old, pointer, value);
        kind.set_defaults(&mut new);
        kind.prepare_status_update(&mut new, old);
        let errors = FieldErrors::new();
        crate::validate_status_update(kind, &new, old, &errors);
        lines(errors)
    })
}

fn lines(errors: FieldErrors) -> String {
    let lines = errors.into_vec().into_iter().map(|error| error.to_string());
    lines.collect::<Vec<_>>().join("\n")
}

/// The object with the field at a JSON pointer set, or removed when the value is null.
pub(crate) fn with(object: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = object.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    let name = name.replace("~1", "/");
    let parent = changed.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
    match parent {
        Value::Array(items) => {
            let index: usize = name.parse().expect("an index");
            if index == items.len() {
                items.push(value);
            } else {
                items[index] = value;
            }
        }
        fields if value.is_null() => {
            fields.as_object_mut().expect("an object").remove(&name);
        }
        fields => fields[name] = value,
    }
    changed
}

/// Checks that `valid` is admitted as it is, and refused with the text after each change.
pub(crate) fn check(kind: &dyn Kind, valid: &Value, changes: &[(&str, Value, &str)]) {
    let valid = admitted(kind, valid.clone());
    assert_eq!(problems(kind, &valid), "", "the unchanged object");
    fits_the_schema(kind, &valid);
    for (pointer, value, expected) in changes {
        let changed = with(&valid, pointer, value.clone());
        assert_eq!(problems(kind, &changed), *expected, "{pointer} = {value}");
    }
}

/// Checks that each change of an admitted object is refused with the text, or allowed when it is empty.
pub(crate) fn check_updates(kind: &dyn Kind, valid: &Value, changes: &[(&str, Value, &str)]) {
    let old = admitted(kind, valid.clone());
    for (pointer, value, expected) in changes {
        let new = with(&old, pointer, value.clone());
        assert_eq!(problems_of_update(kind, &new, &old), *expected, "{pointer} = {value}");
    }
}

/// What is said of an admitted object after each change, and without each field the schema requires.
pub(crate) fn refusals(kind: &dyn Kind, valid: &Value, changes: &[(&str, Value)]) -> String {
    let valid = admitted(kind, valid.clone());
    assert_eq!(problems(kind, &valid), "", "the unchanged object");
    fits_the_schema(kind, &valid);
    let definition = crate::schemas().definition(kind.schema_name()).expect("a definition");
    let mut pointers = Vec::new();
    required_of(definition, &valid, "", &mut pointers);
    let without = pointers.iter().map(|pointer| (pointer.as_str(), Value::Null));
    let changes = without.chain(changes.iter().cloned());
    said(changes, |pointer, value| problems(kind, &with(&valid, pointer, value)))
}

/// What is said of each change of an admitted object.
pub(crate) fn refused_updates(kind: &dyn Kind, valid: &Value, changes: &[(&str, Value)]) -> String {
    let old = admitted(kind, valid.clone());
    said(changes.iter().cloned(), |pointer, value| {
        problems_of_update(kind, &with(&old, pointer, value), &old)
    })
}

fn said<'a>(
    changes: impl Iterator<Item = (&'a str, Value)>,
    check: impl Fn(&str, Value) -> String,
) -> String {
    let mut lines = String::new();
    for (pointer, value) in changes {
        let change =
            if value.is_null() { format!("no {pointer}") } else { format!("{pointer} = {value}") };
        let problems = match check(pointer, value) {
            none if none.is_empty() => "is fine".to_owned(),
            some => some.replace('\n', "\n    "),
        };
        writeln!(lines, "{change}\n    {problems}").expect("a string takes all");
    }
    lines
}

/// Fields that belong to the server, or are tested where they are checked.
const TESTED_ELSEWHERE: &[&str] = &["metadata", "status", "template"];

/// Where the object holds what its definition requires.
fn required_of(definition: &Definition, object: &Value, at: &str, found: &mut Vec<String>) {
    for field in &definition.fields {
        let value = &object[field.name.as_str()];
        if value.is_null() || TESTED_ELSEWHERE.contains(&field.name.as_str()) {
            continue;
        }
        let pointer = format!("{at}/{}", field.name);
        if field.required {
            found.push(pointer.clone());
        }
        let (kind, value, pointer) = match &field.kind {
            FieldType::List(item) => (item.as_ref(), &value[0], format!("{pointer}/0")),
            kind => (kind, value, pointer),
        };
        if let FieldType::Object(id) = kind {
            required_of(crate::schemas().get(*id), value, &pointer, found);
        }
    }
}

fn fits_the_schema(kind: &dyn Kind, object: &Value) {
    let schemas = crate::schemas();
    let definition = schemas.definition(kind.schema_name()).expect("every kind has a definition");
    let strict = machinery::FieldValidation::Strict;
    let decoded = machinery::conform(object.clone(), schemas, definition, strict);
    let decoded = decoded.expect("an admitted object fits its schema");
    assert_eq!(decoded.object, *object, "an admitted object is in its canonical form");
}

/// The moment the tests look at tables.
pub(crate) const NOW: &str = "2026-01-02T03:04:05Z";

/// The object's row with its headings, wide columns after a bar.
pub(crate) fn row(kind: &dyn Kind, object: &Value) -> String {
    let now: Timestamp = NOW.parse().expect("a time");
    let mut rows = String::new();
    for column in kind.columns() {
        let cell = match column.cell(object, now) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let bar = if column.priority == 0 { "" } else { "| " };
        writeln!(rows, "{bar}{}: {cell}", column.name).expect("a string takes all");
    }
    rows
}
