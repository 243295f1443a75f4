//! What may change in a claim once it exists.

use machinery::FieldErrors;
use serde_json::Value;

use super::CLASS_ANNOTATION;
use crate::amount::parse;
use crate::fill::{copy, object};
use crate::read::{is_unset, text};

const IMMUTABLE: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for \
    bound claims";

/// Checks a change of a claim.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    let bound = text(&new["status"], "phase") == "Bound";
    let (spec, before) = (&new["spec"], &old["spec"]);
    let mut allowed = spec.clone();
    if is_unset(&before["volumeName"]) {
        copy(&mut allowed, "volumeName", before);
    }
    if may_take_class(new, old) {
        copy(&mut allowed, "storageClassName", before);
    }
    if bound {
        if !spec["volumeAttributesClassName"].is_null() {
            copy(&mut allowed, "volumeAttributesClassName", before);
        }
        let requests = object(&mut allowed, "resources").and_then(|all| object(all, "requests"));
        if let Some(requests) = requests {
            copy(requests, "storage", &before["resources"]["requests"]);
        }
    }
    validate_annotation(new, old, errors);
    if allowed != *before {
        errors.root().forbidden("spec", IMMUTABLE);
    }
    validate_size(new, old, errors);
    errors.root().immutable("volumeMode", spec.get("volumeMode"), before.get("volumeMode"));
    validate_attributes(spec, before, errors);
}

/// A claim that left its class open may be given one: that of its annotation, if it has one. An empty class is not
/// left open, it asks for a volume without a class.
fn may_take_class(new: &Value, old: &Value) -> bool {
    let class = &new["spec"]["storageClassName"];
    let annotation = &old["metadata"]["annotations"][CLASS_ANNOTATION];
    old["spec"]["storageClassName"].is_null()
        && !class.is_null()
        && (annotation.is_null() || annotation == class)
}

/// The annotation may go once the field says the same, and nothing else may happen to it.
fn validate_annotation(new: &Value, old: &Value, errors: &FieldErrors) {
    let class = |of: &Value| of["metadata"]["annotations"][CLASS_ANNOTATION].clone();
    let (class, before) = (class(new), class(old));
    let moved = class.is_null() && !before.is_null() && may_take_class(new, old);
    if class != before && !moved {
        let path = errors.at("metadata").at("annotations");
        path.invalid(CLASS_ANNOTATION, class.as_str().unwrap_or_default(), "field is immutable");
    }
}

fn validate_size(new: &Value, old: &Value, errors: &FieldErrors) {
    let size = |of: &Value| parse(&of["spec"]["resources"]["requests"]["storage"]);
    let has = parse(&old["status"]["capacity"]["storage"]);
    if size(new) < size(old) && size(new) <= has {
        let path = errors.at("spec").at("resources").at("requests");
        path.forbidden("storage", "field can not be less than status.capacity");
    }
}

/// The class of a volume's attributes may be changed and not taken away.
fn validate_attributes(spec: &Value, before: &Value, errors: &FieldErrors) {
    let field = "volumeAttributesClassName";
    if before[field].is_null() || spec[field] == before[field] {
        return;
    }
    let path = errors.at("spec");
    match spec[field].as_str() {
        None => path.forbidden(field, "update from non-nil value to nil is forbidden"),
        Some("") => {
            path.forbidden(field, "update from non-nil value to an empty string is forbidden");
        }
        Some(_) => {}
    }
}
