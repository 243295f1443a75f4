//! Which requests a hook or a policy is about.

use machinery::FieldPath;
use serde_json::Value;

use crate::choice::one_of;
use crate::fill::{default, items_mut};
use crate::read::items;

const OPERATIONS: &[&str] = &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

/// Fills the rules at `parent.field`.
pub(super) fn fill_all(parent: &mut Value, field: &str) {
    for rule in items_mut(parent, field).filter(|rule| rule.is_object()) {
        default(rule, "scope", "*");
    }
}

/// Checks a rule at `path`.
pub(super) fn validate(rule: &Value, path: &FieldPath<'_>) {
    let words = |field: &str| items(rule, field).filter_map(Value::as_str).collect::<Vec<_>>();
    let operations = words("operations");
    for (field, what) in
        [("operations", "operations"), ("apiGroups", "API groups"), ("apiVersions", "API versions")]
    {
        let given = words(field);
        if given.is_empty() {
            path.required(field, "");
        } else if given.len() > 1 && given.contains(&"*") {
            let detail = format!("if '*' is present, must not specify other {what}");
            path.invalid(field, rule[field].clone(), &detail);
        }
    }
    for (index, operation) in operations.iter().enumerate() {
        if !OPERATIONS.contains(operation) {
            path.at("operations").index(index).not_supported("", *operation, OPERATIONS);
        }
    }
    for (index, version) in words("apiVersions").iter().enumerate() {
        if version.is_empty() {
            path.at("apiVersions").index(index).required("", "");
        }
    }
    validate_resources(rule, path);
    one_of(rule, "scope", &["*", "Cluster", "Namespaced"], path);
}

/// `pods`, `pods/status`, `pods/*`, `*/status`, `*`, `*/*`.
fn validate_resources(rule: &Value, path: &FieldPath<'_>) {
    let resources: Vec<&str> = items(rule, "resources").filter_map(Value::as_str).collect();
    if resources.is_empty() {
        path.required("resources", "");
    }
    for (index, resource) in resources.iter().enumerate() {
        if resource.is_empty() {
            path.at("resources").index(index).required("", "");
        }
        let path = path.at("resources").index(index);
        let (name, sub) = resource.split_once('/').unwrap_or((resource, ""));
        let covered = resources.iter().any(|other| {
            other != resource
                && (*other == "*/*"
                    || (!sub.is_empty() && sub != "*" && *other == format!("{name}/*"))
                    || (!sub.is_empty() && name != "*" && *other == format!("*/{sub}"))
                    || (sub.is_empty() && name != "*" && *other == "*"))
        });
        if covered && resources.contains(&"*/*") {
            let detail = "if '*/*' is present, must not specify other resources";
            path.invalid("", *resource, detail);
        } else if covered && sub.is_empty() {
            let detail = "if '*' is present, must not specify other resources without subresources";
            path.invalid("", *resource, detail);
        } else if covered && resources.contains(&format!("{name}/*").as_str()) {
            path.invalid(
                "",
                *resource,
                &format!("if '{name}/*' is present, must not specify {resource}"),
            );
        } else if covered {
            path.invalid(
                "",
                *resource,
                &format!("if '*/{sub}' is present, must not specify {resource}"),
            );
        }
    }
}
