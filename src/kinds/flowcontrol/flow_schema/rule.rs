//! Which requests a schema takes: whose, and for what.

use machinery::{FieldPath, names};
use serde_json::Value;

use crate::read::{items, text};
use crate::required;

const VERBS: &[&str] =
    &["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

/// The kinds of subjects, each with the field that holds it.
const SUBJECTS: &[(&str, &str)] =
    &[("Group", "group"), ("ServiceAccount", "serviceAccount"), ("User", "user")];

/// Checks a rule at `path`.
pub(super) fn validate(rule: &Value, path: &FieldPath<'_>) {
    required::list(rule, "subjects", "subjects must contain at least one value", path);
    for (index, subject) in items(rule, "subjects").enumerate() {
        validate_subject(subject, &path.at("subjects").index(index));
    }
    let has = |field: &str| items(rule, field).next().is_some();
    if !has("resourceRules") && !has("nonResourceRules") {
        let detail = "at least one of resourceRules and nonResourceRules has to be non-empty";
        path.required("", detail);
    }
    for (index, one) in items(rule, "resourceRules").enumerate() {
        validate_resources(one, &path.at("resourceRules").index(index));
    }
    for (index, one) in items(rule, "nonResourceRules").enumerate() {
        validate_paths(one, &path.at("nonResourceRules").index(index));
    }
}

fn validate_subject(subject: &Value, path: &FieldPath<'_>) {
    let kind = text(subject, "kind");
    if SUBJECTS.iter().all(|(known, _)| *known != kind) {
        path.not_supported("kind", kind, &["Group", "ServiceAccount", "User"]);
        return;
    }
    for (known, field) in SUBJECTS {
        let own = &subject[*field];
        match (*known == kind, own.is_null()) {
            (true, true) => {
                let detail = format!("{field} is required when subject kind is '{kind}'");
                path.required(field, &detail);
            }
            (true, false) => validate_name(own, kind, &path.at(field)),
            (false, false) => {
                let detail = format!("{field} is forbidden when subject kind is not '{known}'");
                path.forbidden(field, &detail);
            }
            (false, true) => {}
        }
    }
}

fn validate_name(subject: &Value, kind: &str, path: &FieldPath<'_>) {
    required::fields(subject, &["name"], path);
    if kind != "ServiceAccount" {
        return;
    }
    let name = text(subject, "name");
    if !name.is_empty() && name != "*" {
        path.check("name", name, names::dns1123_subdomain(name));
    }
    match text(subject, "namespace") {
        "" => path.required("namespace", "must specify namespace for service account"),
        "*" => {}
        namespace => path.check("namespace", namespace, names::dns1123_label(namespace)),
    }
}

/// A list in which `*` stands alone.
fn validate_words(rule: &Value, field: &str, empty: &str, others: &str, path: &FieldPath<'_>) {
    required::list(rule, field, empty, path);
    let words: Vec<&str> = items(rule, field).filter_map(Value::as_str).collect();
    if words.len() > 1 && words.contains(&"*") {
        let detail = format!("if '*' is present, must not specify other {others}");
        path.invalid(field, rule[field].clone(), &detail);
    }
}

fn validate_verbs(rule: &Value, path: &FieldPath<'_>) {
    validate_words(rule, "verbs", "verbs must contain at least one value", "verbs", path);
    let verbs: Vec<&str> = items(rule, "verbs").filter_map(Value::as_str).collect();
    if !verbs.contains(&"*") && verbs.iter().any(|verb| !VERBS.contains(verb)) {
        path.not_supported("verbs", rule["verbs"].clone(), VERBS);
    }
}

fn validate_resources(rule: &Value, path: &FieldPath<'_>) {
    validate_verbs(rule, path);
    let group = "resource rules must supply at least one api group";
    validate_words(rule, "apiGroups", group, "api groups", path);
    let resource = "resource rules must supply at least one resource";
    validate_words(rule, "resources", resource, "resources", path);
    let namespaces: Vec<&str> = items(rule, "namespaces").filter_map(Value::as_str).collect();
    if namespaces.is_empty() && rule["clusterScope"] != true {
        let detail =
            "resource rules that are not cluster scoped must supply at least one namespace";
        path.required("namespaces", detail);
    } else if namespaces.contains(&"*") {
        if namespaces.len() > 1 {
            let detail = "if '*' is present, must not specify other namespaces";
            path.invalid("namespaces", rule["namespaces"].clone(), detail);
        }
    } else {
        for (index, namespace) in namespaces.iter().enumerate() {
            if let Some(problem) = names::dns1123_label(namespace) {
                let detail =
                    format!("each member of this list must be '*' or a DNS-1123 label; {problem}");
                path.at("namespaces").index(index).invalid("", *namespace, &detail);
            }
        }
    }
}

fn validate_paths(rule: &Value, path: &FieldPath<'_>) {
    validate_verbs(rule, path);
    let field = "nonResourceURLs";
    let empty = "nonResourceURLs must contain at least one value";
    validate_words(rule, field, empty, "non-resource URLs", path);
    for (index, url) in items(rule, field).filter_map(Value::as_str).enumerate() {
        if let Some(problem) = problem_of_path(url) {
            path.at(field).index(index).invalid("", url, problem);
        }
    }
}

fn problem_of_path(url: &str) -> Option<&'static str> {
    match url.matches('*').count() {
        _ if url.is_empty() => Some("must not be empty"),
        _ if matches!(url, "*" | "/") => None,
        _ if !url.starts_with('/') => Some("must start with slash"),
        _ if url.contains(' ') => Some("must not contain white-space"),
        _ if url.contains("//") => Some("must not contain double slash"),
        0 => None,
        1 if url.ends_with("/*") => None,
        _ => Some("wildcard can only do suffix matching"),
    }
}
