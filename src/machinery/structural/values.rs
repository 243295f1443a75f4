//! What is wrong with values, in the words of Kubernetes' validator.

use serde_json::{Map, Value};

use super::node::{Additional, Bound, Checks, Node, Range};
use super::{ValueType, formats, junctors, uniqueness};
use crate::path::Path;
use crate::short::short;
use crate::{FieldError, FieldErrorKind, FieldErrors};

/// Walks an object.
#[derive(Clone, Copy)]
pub(super) struct Check<'a> {
    pub(super) errors: &'a FieldErrors,
    /// Whether a value that an old object had already is let be.
    pub(super) ratchets: bool,
}

impl Check<'_> {
    /// A whole object. Its metadata has rules of its own; a schema may add to those for its name.
    pub(super) fn resource(self, node: &Node, object: &Value, old: Option<&Value>) {
        self.value(node, object, old, &Path::ROOT);
    }

    /// One value.
    pub(super) fn value(self, node: &Node, value: &Value, old: Option<&Value>, path: &Path<'_>) {
        if self.errors.is_full() || (self.ratchets && old == Some(value)) {
            return;
        }
        if value.is_null() && (node.nullable || node.types.is_empty()) {
            return;
        }
        if !node.types.is_empty() && !node.types.iter().any(|kind| kind.fits(value)) {
            self.wrong_type(node, value, path);
            return;
        }
        match value {
            Value::Object(map) => self.object(node, map, old, path),
            Value::Array(items) => self.array(node, items, old, path),
            _ => {}
        }
        if let Some(checks) = &node.checks {
            self.checks(node, checks, value, path);
        }
    }

    fn object(self, node: &Node, map: &Map<String, Value>, old: Option<&Value>, path: &Path<'_>) {
        if node.embedded {
            for name in ["apiVersion", "kind"] {
                if map.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
                    let path = path.field(name);
                    self.say(FieldErrorKind::Required, &path, Value::Null, "must not be empty");
                }
            }
        }
        for (name, value) in map {
            let child = match (node.property(name), &node.additional) {
                (Some(child), _) => child,
                (None, Additional::Of(child)) => child,
                _ => continue,
            };
            self.value(child, value, old.and_then(|old| old.get(name)), &path.field(name));
        }
    }

    fn array(self, node: &Node, items: &[Value], old: Option<&Value>, path: &Path<'_>) {
        if let Some(child) = &node.items {
            let before = node.counterparts(old.filter(|_| self.ratchets));
            for (index, item) in items.iter().enumerate() {
                self.value(child, item, before.of(item), &path.index(index));
            }
        }
        uniqueness::check(node, items, path, self.errors);
    }

    fn checks(self, node: &Node, checks: &Checks, value: &Value, path: &Path<'_>) {
        match value {
            Value::String(text) => self.text(node, checks, text, path),
            Value::Number(number) => {
                self.number(checks, number.as_f64().unwrap_or_default(), value, path);
            }
            Value::Array(items) => {
                self.count(checks.items, items.len(), "items", value, path);
            }
            Value::Object(map) => {
                self.count(checks.properties, map.len(), "properties", value, path);
                for name in &checks.required {
                    if !map.contains_key(name.as_ref()) {
                        let path = path.field(name);
                        self.say(FieldErrorKind::Required, &path, Value::Null, "");
                    }
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
        if let Some(values) = checks.values.as_ref().filter(|values| !values.contains(value)) {
            let text = |value: &Value| match value {
                Value::String(text) => format!("{text:?}"),
                other => format!("\"{other}\""),
            };
            let values: Vec<String> = values.iter().map(text).collect();
            let detail = format!("supported values: {}", values.join(", "));
            self.say(FieldErrorKind::NotSupported, path, value.clone(), &detail);
        }
        junctors::check(checks, value, path, self.errors);
    }

    fn text(self, node: &Node, checks: &Checks, text: &str, path: &Path<'_>) {
        let value = || Value::from(text);
        let invalid = |what: &str| {
            self.say(
                FieldErrorKind::Invalid,
                path,
                value(),
                &format!("{} in body {what}", short(path)),
            );
        };
        let length = checks.length;
        if length.max.is_some() || length.min.is_some() {
            let chars = text.chars().count();
            if let Some(max) = length.max.filter(|max| chars > *max) {
                let detail = format!("may not be more than {max} bytes");
                self.say(FieldErrorKind::TooLong, path, value(), &detail);
            }
            if let Some(min) = length.min.filter(|min| chars < *min) {
                invalid(&format!("should be at least {min} chars long"));
            }
        }
        if let Some(pattern) = checks.pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
            invalid(&format!("should match '{}'", pattern.as_str()));
        }
        if let Some(format) = checks.format.as_ref().filter(|_| !node.is_int_or_string())
            && !formats::fits(format, text)
        {
            invalid(&format!("must be of type {format}: {text:?}"));
        }
    }

    fn number(self, checks: &Checks, number: f64, value: &Value, path: &Path<'_>) {
        let invalid = |what: &str| {
            let detail = format!("{} in body should be {what}", short(path));
            self.say(FieldErrorKind::Invalid, path, value.clone(), &detail);
        };
        if let Some(Bound { value: least, exclusive }) = checks.minimum {
            match exclusive {
                true if number <= least => invalid(&format!("greater than {least}")),
                false if number < least => invalid(&format!("greater than or equal to {least}")),
                _ => {}
            }
        }
        if let Some(Bound { value: most, exclusive }) = checks.maximum {
            match exclusive {
                true if number >= most => invalid(&format!("less than {most}")),
                false if number > most => invalid(&format!("less than or equal to {most}")),
                _ => {}
            }
        }
        if let Some(factor) = checks.multiple_of.filter(|factor| *factor > 0.0) {
            let times = number / factor;
            if (times - times.round()).abs() > f64::EPSILON * times.abs().max(1.0) {
                invalid(&format!("a multiple of {factor}"));
            }
        }
    }

    fn count(self, range: Range, count: usize, what: &str, value: &Value, path: &Path<'_>) {
        if let Some(max) = range.max.filter(|max| count > *max) {
            let noun = if max == 1 { "item" } else { "items" };
            let detail = format!("must have at most {max} {noun}");
            self.say(FieldErrorKind::TooMany, path, count.into(), &detail);
        }
        if let Some(min) = range.min.filter(|min| count < *min) {
            let place = short(path);
            let detail = format!("{place} in body should have at least {min} {what}");
            self.say(FieldErrorKind::Invalid, path, value.clone(), &detail);
        }
    }

    fn wrong_type(self, node: &Node, value: &Value, path: &Path<'_>) {
        let names: Vec<&str> = node.types.iter().map(|kind| kind.as_str()).collect();
        let found = ValueType::name_of(value);
        let place = short(path);
        let detail = format!("{place} in body must be of type {}: {found:?}", names.join(","));
        self.say(FieldErrorKind::TypeInvalid, path, found.into(), &detail);
    }

    fn say(self, kind: FieldErrorKind, path: &Path<'_>, value: Value, detail: &str) {
        let path = match short(path) {
            root if root.is_empty() => "<nil>".to_owned(),
            path => path,
        };
        self.errors.push(FieldError { kind, path, value, detail: detail.to_owned() });
    }
}
