//! What a container asks for and what it may use at most.

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::amount::{self, parse};

const STANDARD: &[&str] = &["cpu", "memory", "ephemeral-storage"];

/// Checks the requests and limits at `path`.
pub(crate) fn validate(resources: &Value, path: &FieldPath<'_>) {
    for side in ["limits", "requests"] {
        for (name, value) in resources[side].as_object().into_iter().flatten() {
            let path = path.at(side);
            validate_name(name, &path);
            amount::validate(value, &path.key(name));
        }
    }
    for (name, request) in resources["requests"].as_object().into_iter().flatten() {
        validate_pair(name, request, &resources["limits"][name.as_str()], path);
    }
}

fn validate_name(name: &str, path: &FieldPath<'_>) {
    if let Some(problem) = names::qualified_name(name) {
        path.invalid("", name, &problem);
    } else if !name.contains('/') && !STANDARD.contains(&name) && !is_huge_page(name) {
        path.invalid("", name, "must be a standard resource for containers");
    }
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

fn validate_pair(name: &str, request: &Value, limit: &Value, path: &FieldPath<'_>) {
    let (Some(wanted), limit_amount) = (parse(request), parse(limit)) else { return };
    let overcommits = STANDARD.contains(&name);
    match limit_amount {
        Some(most) if overcommits && wanted > most => {
            let detail = format!("must be less than or equal to {name} limit of {most}");
            path.invalid("requests", request.clone(), &detail);
        }
        Some(most) if !overcommits && wanted != most => {
            let detail = format!("must be equal to {name} limit of {most}");
            path.invalid("requests", request.clone(), &detail);
        }
        None if !overcommits => {
            path.at("limits").required("", "Limit must be set for non overcommitable resources");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
