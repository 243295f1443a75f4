//! The profiles that confine a pod or a container: checked and kept, though a sandbox needs none.

use machinery::FieldPath;
use serde_json::Value;

use crate::choice::one_of;
use crate::read::text;

const TYPES: &[&str] = &["Localhost", "RuntimeDefault", "Unconfined"];

/// Checks the profiles of the security context at `path`.
pub(super) fn validate(context: &Value, path: &FieldPath<'_>) {
    for (field, system) in [("seccompProfile", "seccomp"), ("appArmorProfile", "AppArmor")] {
        let profile = &context[field];
        if !profile.is_null() {
            validate_one(profile, system, &path.at(field));
        }
    }
}

fn validate_one(profile: &Value, system: &str, path: &FieldPath<'_>) {
    one_of(profile, "type", TYPES, path);
    let field = "localhostProfile";
    let file = text(profile, field);
    if text(profile, "type") != "Localhost" {
        if !profile[field].is_null() {
            path.invalid(field, file, &format!("can only be set when {system} type is Localhost"));
        }
    } else if file.trim().is_empty() {
        path.required(field, &format!("must be set when {system} type is Localhost"));
    } else if system == "AppArmor" {
        if file.trim() != file {
            path.invalid(field, file, "must not be padded with whitespace");
        }
    } else if file.starts_with('/') {
        path.invalid(field, file, "must be a relative path");
    } else if file.split('/').any(|step| step == "..") {
        path.invalid(field, file, "must not contain '..'");
    }
}

#[cfg(test)]
mod tests;
