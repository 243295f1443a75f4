//! What may change in a claim once it exists.

use machinery::FieldErrors;
use serde_json::Value;

use crate::amount::parse;
use crate::fill::{copy, object};
use crate::read::{is_unset, text};

const IMMUTABLE: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for \
    bound claims";

/// Checks a change of a claim.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    let bound = text(&new["status"], "phase") == "Bound";
    let (new, before) = (&new["spec"], &old["spec"]);
    let mut allowed = new.clone();
    for field in ["volumeName", "storageClassName"] {
        if is_unset(&before[field]) {
            copy(&mut allowed, field, before);
        }
    }
    if bound {
        copy(&mut allowed, "volumeAttributesClassName", before);
        let requests = object(&mut allowed, "resources").and_then(|all| object(all, "requests"));
        if let Some(requests) = requests {
            copy(requests, "storage", &before["resources"]["requests"]);
        }
    }
    if allowed != *before {
        errors.root().forbidden("spec", IMMUTABLE);
    }
    let size = |of: &Value| parse(&of["requests"]["storage"]);
    let has = parse(&old["status"]["capacity"]["storage"]);
    if size(&new["resources"]) < size(&before["resources"]) && size(&new["resources"]) <= has {
        let path = errors.at("spec").at("resources").at("requests");
        path.forbidden("storage", "field can not be less than status.capacity");
    }
}
