//! What a policy checks, notes and computes.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::choice::optional_one_of;
use crate::read::{is_unset, items, text};

/// Why a request is refused, as its `Status` says.
const REASONS: &[&str] = &["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];

/// Notes end up in one event of the audit log.
const MAX_ANNOTATIONS: usize = 20;

/// Checks validations and audit annotations of a spec at `path`.
pub(super) fn validate_all(spec: &Value, path: &FieldPath<'_>) {
    let has = |field: &str| items(spec, field).next().is_some();
    if !has("validations") && !has("auditAnnotations") {
        for field in ["validations", "auditAnnotations"] {
            path.required(field, "validations or auditAnnotations must be non-empty");
        }
    }
    for (index, validation) in items(spec, "validations").enumerate() {
        validate_validation(validation, &path.at("validations").index(index));
    }
    validate_annotations(spec, &path.at("auditAnnotations"));
}

fn validate_validation(validation: &Value, path: &FieldPath<'_>) {
    if text(validation, "expression").trim().is_empty() {
        path.required("expression", "expression is not specified");
    }
    let message = &validation["message"];
    if !is_unset(message) {
        let own = text(validation, "message");
        if own.trim().is_empty() {
            path.invalid("message", own, "message must be non-empty if specified");
        } else if own.contains('\n') {
            path.invalid("message", own, "message must not contain line breaks");
        }
    }
    optional_one_of(validation, "reason", REASONS, path);
}

fn validate_annotations(spec: &Value, path: &FieldPath<'_>) {
    let count = items(spec, "auditAnnotations").count();
    if count > MAX_ANNOTATIONS {
        let detail = format!("must not have more than {MAX_ANNOTATIONS} auditAnnotations");
        path.invalid("", count, &detail);
    }
    let mut seen = BTreeSet::new();
    for (index, annotation) in items(spec, "auditAnnotations").enumerate() {
        let path = path.index(index);
        match text(annotation, "key") {
            "" => path.required("key", ""),
            key if !seen.insert(key) => path.duplicate("key", key),
            key => path.check("key", key, names::qualified_name(key)),
        }
        if text(annotation, "valueExpression").trim().is_empty() {
            path.required("valueExpression", "valueExpression is not specified");
        }
    }
}

/// Checks the names of what is computed.
pub(super) fn validate_variables(spec: &Value, path: &FieldPath<'_>) {
    let mut seen = BTreeSet::new();
    for (index, variable) in items(spec, "variables").enumerate() {
        let path = path.index(index);
        match text(variable, "name") {
            "" => path.required("name", "name is not specified"),
            name if !is_identifier(name) => {
                path.invalid("name", name, "name is not a valid CEL identifier");
            }
            name if !seen.insert(name) => path.duplicate("name", name),
            _ => {}
        }
        if text(variable, "expression").trim().is_empty() {
            path.required("expression", "expression is not specified");
        }
    }
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
