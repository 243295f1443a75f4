//! What is wrong with which field, worded as Kubernetes words it.

use std::cell::RefCell;
use std::fmt;

use serde_json::Value;

use crate::Cause;
use crate::short::{PLACE_BYTES, short};

/// Errors of one object that are told. Whoever sends a long list of what is wrong learns enough from these.
const MAX_ERRORS: usize = 1000;

/// Collects the errors of one object; paths are built with [`FieldErrors::at`].
///
/// ```
/// let errors = machinery::FieldErrors::new();
/// errors.at("spec").at("containers").index(0).required("image", "");
/// assert_eq!(errors.to_string(), "spec.containers[0].image: Required value");
/// ```
#[derive(Debug, Default)]
pub struct FieldErrors(RefCell<Vec<FieldError>>);

/// One error of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// What is wrong.
    pub kind: FieldErrorKind,
    /// Where: `spec.containers[0].image`.
    pub path: String,
    /// The value that is wrong, where the kind of error shows it.
    pub value: Value,
    /// More words; may be empty.
    pub detail: String,
}

/// The kinds of field errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldErrorKind {
    /// What the value names does not exist.
    NotFound,
    /// The value is missing.
    Required,
    /// The value occurs twice.
    Duplicate,
    /// The value is malformed.
    Invalid,
    /// The value is malformed, and too large to be shown.
    InvalidWhole,
    /// The value is not one of a known set.
    NotSupported,
    /// The field may not be set.
    Forbidden,
    /// The value is too long.
    TooLong,
    /// There are too many values.
    TooMany,
    /// The value has another type.
    TypeInvalid,
    /// The check itself failed.
    Internal,
}

/// A path in an object, at which errors are reported.
///
/// Every reporting method takes the name of a child field; the empty name means the path itself.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    errors: &'a FieldErrors,
    path: String,
}

impl FieldErrors {
    /// No errors yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The path of the object itself.
    pub fn root(&self) -> Field<'_> {
        Field { errors: self, path: String::new() }
    }

    /// The path of one field of the object.
    pub fn at(&self, name: &str) -> Field<'_> {
        Field { errors: self, path: name.to_owned() }
    }

    /// Adds an error.
    pub fn push(&self, error: FieldError) {
        if !self.is_full() {
            self.0.borrow_mut().push(error);
        }
    }

    /// Whether no more errors are taken.
    pub fn is_full(&self) -> bool {
        self.len() >= MAX_ERRORS
    }

    /// Adds errors.
    pub fn extend(&self, errors: Vec<FieldError>) {
        for error in errors {
            self.push(error);
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// How many errors there are.
    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// The errors in the order they were found.
    pub fn into_vec(self) -> Vec<FieldError> {
        self.0.into_inner()
    }

    /// The errors as causes of a `Status`.
    pub fn into_causes(self) -> Vec<Cause> {
        let cause = |error: FieldError| Cause {
            reason: error.kind.reason().to_owned(),
            message: error.body(),
            field: error.path,
        };
        self.into_vec().into_iter().map(cause).collect()
    }
}

impl Field<'_> {
    /// The child field `name`.
    pub fn at(&self, name: &str) -> Self {
        Self { errors: self.errors, path: self.child(name) }
    }

    /// The list item at `index`.
    pub fn index(&self, index: usize) -> Self {
        Self { errors: self.errors, path: self.with(&["[", &index.to_string(), "]"]) }
    }

    /// The map entry under `key`.
    pub fn key(&self, key: &str) -> Self {
        Self { errors: self.errors, path: self.with(&["[", key, "]"]) }
    }

    /// The path so far.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The collection errors go to.
    pub fn errors(&self) -> &FieldErrors {
        self.errors
    }

    /// `Required value`.
    pub fn required(&self, field: &str, detail: &str) {
        self.report(FieldErrorKind::Required, field, Value::Null, detail);
    }

    /// `Invalid value: "v": detail`.
    pub fn invalid(&self, field: &str, value: impl Into<Value>, detail: &str) {
        self.report(FieldErrorKind::Invalid, field, value.into(), detail);
    }

    /// `Invalid value: detail`, of what is too large to be shown.
    pub fn invalid_whole(&self, field: &str, detail: &str) {
        self.report(FieldErrorKind::InvalidWhole, field, Value::Null, detail);
    }

    /// Reports `problem`, if there is one, as an invalid value; fits the checks of [`crate::names`].
    pub fn check(&self, field: &str, value: &str, problem: Option<String>) {
        if let Some(detail) = problem {
            self.invalid(field, value, &detail);
        }
    }

    /// `Unsupported value: "v": supported values: "A", "B"`.
    pub fn not_supported(&self, field: &str, value: impl Into<Value>, supported: &[&str]) {
        let mut names: Vec<String> = supported.iter().map(|name| format!("{name:?}")).collect();
        names.sort();
        let detail = match names.len() {
            0 => String::new(),
            _ => format!("supported values: {}", names.join(", ")),
        };
        self.report(FieldErrorKind::NotSupported, field, value.into(), &detail);
    }

    /// `Duplicate value: "v"`.
    pub fn duplicate(&self, field: &str, value: impl Into<Value>) {
        self.report(FieldErrorKind::Duplicate, field, value.into(), "");
    }

    /// `Not found: "v"`.
    pub fn not_found(&self, field: &str, value: impl Into<Value>) {
        self.report(FieldErrorKind::NotFound, field, value.into(), "");
    }

    /// `Forbidden: detail`.
    pub fn forbidden(&self, field: &str, detail: &str) {
        self.report(FieldErrorKind::Forbidden, field, Value::Null, detail);
    }

    /// `Too long: may not be more than N bytes`.
    pub fn too_long(&self, field: &str, max_bytes: usize) {
        let detail = format!("may not be more than {max_bytes} bytes");
        self.report(FieldErrorKind::TooLong, field, Value::Null, &detail);
    }

    /// `Too many: N: must have at most M items`.
    pub fn too_many(&self, field: &str, actual: usize, max: usize) {
        let items = if max == 1 { "item" } else { "items" };
        let detail = format!("must have at most {max} {items}");
        self.report(FieldErrorKind::TooMany, field, actual.into(), &detail);
    }

    /// Reports a change of a field that must keep its value; absent and null are the same.
    pub fn immutable(&self, field: &str, new: Option<&Value>, old: Option<&Value>) {
        let new = new.unwrap_or(&Value::Null);
        if new != old.unwrap_or(&Value::Null) {
            self.invalid(field, new.clone(), "field is immutable");
        }
    }

    fn report(&self, kind: FieldErrorKind, field: &str, value: Value, detail: &str) {
        let path = self.child(field);
        self.errors.push(FieldError { kind, path, value, detail: detail.to_owned() });
    }

    fn child(&self, name: &str) -> String {
        match (self.path.is_empty(), name.is_empty()) {
            (_, true) => self.path.clone(),
            (true, _) => self.with(&[name]),
            _ => self.with(&[".", name]),
        }
    }

    /// The path and one step more. One that is long enough is not made longer.
    fn with(&self, step: &[&str]) -> String {
        let length = self.path.len() + step.iter().map(|part| part.len()).sum::<usize>();
        if self.path.len() > PLACE_BYTES {
            return self.path.clone();
        }
        if length > PLACE_BYTES {
            return short(format_args!("{}{}", self.path, step.concat()));
        }
        // Every check of every object comes by here.
        let mut path = String::with_capacity(length);
        path.push_str(&self.path);
        for part in step {
            path.push_str(part);
        }
        path
    }
}

impl FieldError {
    /// The error without its path.
    pub fn body(&self) -> String {
        let title = self.kind.title();
        let mut body = match (self.kind.shows_value(), &self.value) {
            (false, _) => title.to_owned(),
            (true, Value::Null) => format!("{title}: \"null\""),
            (true, Value::String(text)) => format!("{title}: {text:?}"),
            (true, value) => format!("{title}: {value}"),
        };
        if !self.detail.is_empty() {
            body.push_str(": ");
            body.push_str(&self.detail);
        }
        body
    }
}

impl FieldErrorKind {
    /// The reason of the cause in a `Status`.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotFound => "FieldValueNotFound",
            Self::Required => "FieldValueRequired",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Invalid | Self::InvalidWhole => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::TypeInvalid => "FieldValueTypeInvalid",
            Self::Internal => "InternalError",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::NotFound => "Not found",
            Self::Required => "Required value",
            Self::Duplicate => "Duplicate value",
            Self::Invalid | Self::InvalidWhole | Self::TypeInvalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
            Self::Internal => "Internal error",
        }
    }

    fn shows_value(self) -> bool {
        !matches!(
            self,
            Self::InvalidWhole | Self::Required | Self::Forbidden | Self::TooLong | Self::Internal
        )
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.body())
    }
}

impl fmt::Display for FieldErrors {
    /// One error alone, several in brackets; the same text is said once.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts: Vec<String> = Vec::new();
        for text in self.0.borrow().iter().map(ToString::to_string) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        match texts.as_slice() {
            [text] => f.write_str(text),
            texts => write!(f, "[{}]", texts.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests;
