//! Rules in CEL, which must compile.

use machinery::FieldPath;
use serde_json::Value;

use crate::custom::Rule;
use crate::expression::Shape;
use crate::read::{items, text};

/// Why a rule may say it refuses a value.
const REASONS: &[&str] =
    &["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// Checks the rules of one schema. `uncorrelatable` is the list above whose items cannot be told apart.
pub(super) fn check(
    schema: &Value,
    whole: bool,
    uncorrelatable: Option<&str>,
    path: &FieldPath<'_>,
) {
    let path = path.at("x-kubernetes-validations");
    for (index, rule) in items(schema, "x-kubernetes-validations").enumerate() {
        let path = path.index(index);
        check_words(rule, schema, &path);
        if text(rule, "rule").trim().is_empty() {
            path.required("rule", "rule is not specified");
            continue;
        }
        match Rule::compile(rule, Shape { schema, whole }) {
            Err(wrong) => path.invalid(wrong.field, text(rule, wrong.field), &wrong.why),
            Ok(compiled) => check_transition(rule, &compiled, uncorrelatable, &path),
        }
    }
}

fn check_words(rule: &Value, schema: &Value, path: &FieldPath<'_>) {
    let message = text(rule, "message");
    if message.trim().contains('\n') {
        path.invalid("message", message, "message must not contain line breaks");
    } else if message.is_empty()
        && text(rule, "rule").trim().contains('\n')
        && text(rule, "messageExpression").is_empty()
    {
        path.required("message", "message must be specified if rule contains line breaks");
    } else if !message.is_empty() && message.trim().is_empty() {
        path.invalid("message", message, "message must be non-empty if specified");
    }
    let reason = text(rule, "reason");
    if !reason.is_empty() && !REASONS.contains(&reason) {
        path.not_supported("reason", reason, REASONS);
    }
    let field_path = text(rule, "fieldPath");
    if !field_path.is_empty() && !leads_somewhere(field_path, schema) {
        path.invalid("fieldPath", field_path, "fieldPath must be a valid path");
    }
}

fn check_transition(
    rule: &Value,
    compiled: &Rule,
    uncorrelatable: Option<&str>,
    path: &FieldPath<'_>,
) {
    if !compiled.is_transition() {
        if rule["optionalOldSelf"] == true {
            let detail = "may not be set if oldSelf is not used in rule";
            path.invalid("optionalOldSelf", true, detail);
        }
    } else if let Some(list) = uncorrelatable {
        let detail = format!(
            "oldSelf cannot be used on the uncorrelatable portion of the schema within {list}"
        );
        path.invalid("rule", text(rule, "rule"), &detail);
    }
}

fn leads_somewhere(field_path: &str, schema: &Value) -> bool {
    let Some(path) = field_path.strip_prefix('.') else { return field_path.starts_with('[') };
    if path.contains('[') {
        return true;
    }
    let mut steps = path.split('.');
    steps.try_fold(schema, below).is_some()
}

fn below<'s>(schema: &'s Value, step: &str) -> Option<&'s Value> {
    let others = || schema.get("additionalProperties").filter(|values| values.is_object());
    schema["properties"].get(step).or_else(others)
}
