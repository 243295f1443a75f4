//! Selectors in documents: what they may say, and whether they select the objects they are meant for.

use machinery::{FieldPath, LabelSelector, names};
use serde_json::Value;

use crate::metadata;
use crate::read::{items, text};

const OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist"];

/// Checks the selector at `path`: `{matchLabels, matchExpressions}`.
pub(crate) fn validate(selector: &Value, path: &FieldPath<'_>) {
    metadata::labels(&selector["matchLabels"], &path.at("matchLabels"));
    for (index, expression) in items(selector, "matchExpressions").enumerate() {
        validate_expression(expression, &path.at("matchExpressions").index(index));
    }
}

fn validate_expression(expression: &Value, path: &FieldPath<'_>) {
    validate_label(expression, path);
    let operator = text(expression, "operator");
    if !OPERATORS.contains(&operator) {
        path.invalid("operator", operator, "not a valid selector operator");
    }
}

/// Checks what a question about labels asks; later servers may know more operators.
pub(crate) fn validate_label(requirement: &Value, path: &FieldPath<'_>) {
    validate_values(requirement, path);
    let key = text(requirement, "key");
    path.check("key", key, names::qualified_name(key));
    for (index, value) in items(requirement, "values").filter_map(Value::as_str).enumerate() {
        path.at("values").index(index).check("", value, names::label_value(value));
    }
}

/// The same about fields, whose names are paths.
pub(crate) fn validate_field(requirement: &Value, path: &FieldPath<'_>) {
    if text(requirement, "key").is_empty() {
        path.required("key", "must be specified");
    }
    validate_values(requirement, path);
}

/// Some operators have values, and some have none.
fn validate_values(requirement: &Value, path: &FieldPath<'_>) {
    let values = items(requirement, "values").count();
    match text(requirement, "operator") {
        "In" | "NotIn" if values == 0 => {
            path.required("values", "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if values > 0 => {
            path.forbidden(
                "values",
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            );
        }
        _ => {}
    }
}

/// The workload that need not say that it has no selector.
pub(crate) const DAEMON_SET: &str = "daemonset";

/// What Deployments call themselves, and the sets they make.
pub(crate) const DEPLOYMENT: &str = "deployment";

/// Checks the selector of a workload: it is there, selects something, and selects the pods of the template.
pub(crate) fn validate_of_workload(spec: &Value, kind: &str, path: &FieldPath<'_>) {
    let selector = &spec["selector"];
    if selector.is_null() {
        if kind != DAEMON_SET {
            path.required("selector", "");
        }
        // A selector that is not there selects nothing.
        does_not_match(&spec["template"], path);
        return;
    }
    validate(selector, &path.at("selector"));
    let Ok(parsed) = LabelSelector::from_value(selector) else {
        if kind == DEPLOYMENT {
            path.invalid("selector", selector.clone(), "invalid label selector");
        }
        return;
    };
    if parsed.is_everything() {
        let detail = format!("empty selector is invalid for {kind}");
        path.invalid("selector", selector.clone(), &detail);
    } else if !parsed.matches_object(&spec["template"]) {
        does_not_match(&spec["template"], path);
    }
}

/// Reports that the labels of the template in the spec at `path` are not selected.
pub(crate) fn does_not_match(template: &Value, path: &FieldPath<'_>) {
    let labels = match &template["metadata"]["labels"] {
        Value::Null => serde_json::json!({}),
        labels => labels.clone(),
    };
    let metadata = path.at("template").at("metadata");
    metadata.invalid("labels", labels, "`selector` does not match template `labels`");
}
