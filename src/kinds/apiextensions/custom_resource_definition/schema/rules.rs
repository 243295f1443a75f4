//! Rules in CEL, which must compile.

use std::collections::BTreeSet;

use machinery::FieldPath;
use serde_json::Value;

use crate::custom::Rule;
use crate::read::{items, text};

/// Why a rule may say it refuses a value.
const REASONS: &[&str] =
    &["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// The expressions of a definition as it was: they were accepted once, so that whoever changes something else need not
/// mend them.
#[derive(Debug, Default)]
pub(in super::super) struct Known<'a>(BTreeSet<&'a str>);

impl<'a> Known<'a> {
    /// Those of all versions.
    pub(in super::super) fn of(definition: &'a Value) -> Self {
        let mut known = Self::default();
        for version in items(&definition["spec"], "versions") {
            known.add(&version["schema"]["openAPIV3Schema"]);
        }
        known
    }

    fn add(&mut self, schema: &'a Value) {
        for rule in items(schema, "x-kubernetes-validations") {
            self.0.extend(["rule", "messageExpression"].map(|field| text(rule, field)));
        }
        let properties = schema["properties"].as_object().into_iter().flatten();
        let below = properties.map(|(_, property)| property);
        let inner = ["items", "additionalProperties"].map(|word| &schema[word]);
        below.chain(inner).filter(|schema| schema.is_object()).for_each(|below| self.add(below));
    }

    fn has(&self, source: &str) -> bool {
        self.0.contains(source)
    }
}

/// Checks the rules of one schema. `uncorrelatable` is the list above whose items cannot be told apart.
pub(super) fn check(
    schema: &Value,
    whole: bool,
    uncorrelatable: Option<&str>,
    known: &Known<'_>,
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
        match Rule::check(rule, schema, whole, |source| known.has(source)) {
            Err(wrong) => path.invalid(wrong.field, text(rule, wrong.field), &wrong.why),
            Ok(is_transition) => check_transition(rule, is_transition, uncorrelatable, &path),
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
    is_transition: bool,
    uncorrelatable: Option<&str>,
    path: &FieldPath<'_>,
) {
    if !is_transition {
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
