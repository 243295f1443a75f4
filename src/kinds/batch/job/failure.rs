//! Policies of jobs: which failures matter, and when enough pods have succeeded.

use std::collections::BTreeSet;

use machinery::{FieldPath, names};
use serde_json::Value;

use super::indexes;
use crate::choice::one_of;
use crate::read::{items, text};
use crate::{number, required};

/// Rules are tried one after the other for each failed pod.
const MAX_RULES: usize = 20;

/// Conditions of a pod are few.
const MAX_CONDITIONS: usize = 20;

/// Exit codes are bytes on all but one system; a rule that lists them all says `NotIn`.
const MAX_EXIT_CODES: usize = 255;

/// A list of indexes: as much of the job as its status may take.
const MAX_LIST_BYTES: usize = 64 * 1024;

const ACTIONS: &[&str] = &["Count", "FailIndex", "FailJob", "Ignore"];

pub(super) fn validate(spec: &Value, path: &FieldPath<'_>) {
    validate_failure(spec, &path.at("podFailurePolicy").at("rules"));
    validate_success(spec, &path.at("successPolicy"));
}

fn validate_failure(spec: &Value, path: &FieldPath<'_>) {
    let rules: Vec<&Value> = items(&spec["podFailurePolicy"], "rules").collect();
    if rules.len() > MAX_RULES {
        path.too_many("", rules.len(), MAX_RULES);
    }
    let containers: BTreeSet<&str> = ["containers", "initContainers"]
        .iter()
        .flat_map(|list| items(&spec["template"]["spec"], list))
        .map(|container| text(container, "name"))
        .collect();
    for (index, rule) in rules.into_iter().enumerate() {
        let path = path.index(index);
        word(rule, "action", ACTIONS, &path);
        if text(rule, "action") == "FailIndex" && spec["backoffLimitPerIndex"].is_null() {
            path.invalid("action", "FailIndex", "requires the backoffLimitPerIndex to be set");
        }
        let codes = &rule["onExitCodes"];
        let conditions = items(rule, "onPodConditions").count();
        match (codes.is_null(), conditions) {
            (true, 0) => path
                .invalid_whole("", "specifying one of OnExitCodes and OnPodConditions is required"),
            (false, 1..) => path.invalid_whole(
                "",
                "specifying both OnExitCodes and OnPodConditions is not supported",
            ),
            (false, 0) => validate_codes(codes, &containers, &path.at("onExitCodes")),
            (true, _) => validate_conditions(rule, &path.at("onPodConditions")),
        }
    }
}

fn validate_codes(codes: &Value, containers: &BTreeSet<&str>, path: &FieldPath<'_>) {
    word(codes, "operator", &["In", "NotIn"], path);
    let name = text(codes, "containerName");
    if !name.is_empty() && !containers.contains(name) {
        path.invalid(
            "containerName",
            name,
            "must be one of the container or initContainer names in the pod template",
        );
    }
    let values: Vec<i64> = items(codes, "values").filter_map(Value::as_i64).collect();
    if values.is_empty() {
        path.invalid("values", codes["values"].clone(), "at least one value is required");
    } else if values.len() > MAX_EXIT_CODES {
        path.too_many("values", values.len(), MAX_EXIT_CODES);
    }
    let is_in = text(codes, "operator") == "In";
    let mut seen = BTreeSet::new();
    for (index, value) in values.iter().enumerate() {
        let path = path.at("values").index(index);
        if is_in && *value == 0 {
            path.invalid("", *value, "must not be 0 for the In operator");
        } else if !seen.insert(*value) {
            path.duplicate("", *value);
        }
    }
    if !values.is_sorted() {
        path.invalid("values", codes["values"].clone(), "must be ordered");
    }
}

/// As [`one_of`], and says what a word that is missing may be.
fn word(parent: &Value, field: &str, supported: &[&str], path: &FieldPath<'_>) {
    if text(parent, field).is_empty() {
        let quoted: Vec<String> = supported.iter().map(|word| format!("{word:?}")).collect();
        path.required(field, &format!("valid values: [{}]", quoted.join(" ")));
    } else {
        one_of(parent, field, supported, path);
    }
}

fn validate_conditions(rule: &Value, path: &FieldPath<'_>) {
    let count = items(rule, "onPodConditions").count();
    if count > MAX_CONDITIONS {
        path.too_many("", count, MAX_CONDITIONS);
    }
    for (index, pattern) in items(rule, "onPodConditions").enumerate() {
        let path = path.index(index);
        let name = text(pattern, "type");
        path.check("type", name, names::qualified_name(name));
        word(pattern, "status", &["False", "True", "Unknown"], &path);
    }
}

fn validate_success(spec: &Value, path: &FieldPath<'_>) {
    let policy = &spec["successPolicy"];
    if policy.is_null() {
        return;
    }
    if text(spec, "completionMode") != "Indexed" {
        path.invalid("", policy.clone(), "requires indexed completion mode");
        return;
    }
    required::list(
        policy,
        "rules",
        "at least one rules must be specified when the successPolicy is specified",
        path,
    );
    let count = items(policy, "rules").count();
    if count > MAX_RULES {
        path.too_many("rules", count, MAX_RULES);
    }
    for (index, rule) in items(policy, "rules").enumerate() {
        let path = path.at("rules").index(index);
        if rule["succeededCount"].is_null() && rule["succeededIndexes"].is_null() {
            path.required(
                "",
                "at least one of succeededCount or succeededIndexes must be specified",
            );
        }
        let listed = rule["succeededIndexes"].as_str();
        let listed = listed.map(|text| validate_listed(text, spec, &path.at("succeededIndexes")));
        number::not_negative(rule, &["succeededCount"], &path);
        let completions = spec["completions"].as_i64().unwrap_or(0);
        if let Some(wanted) = rule["succeededCount"].as_i64().filter(|wanted| *wanted > completions)
        {
            let detail = format!(
                "must be less than or equal to {completions} (the number of specified completions)"
            );
            path.invalid("succeededCount", wanted, &detail);
        }
        if let (Some(wanted), Some(listed)) = (rule["succeededCount"].as_i64(), listed)
            && wanted > listed
        {
            let detail = format!(
                "must be less than or equal to {listed} (the number of indexes in the specified succeededIndexes field)"
            );
            path.invalid("succeededCount", wanted, &detail);
        }
    }
}

/// Checks a list of indexes at `path`, and counts them.
fn validate_listed(text: &str, spec: &Value, path: &FieldPath<'_>) -> i64 {
    if text.len() > MAX_LIST_BYTES {
        path.too_long("", MAX_LIST_BYTES);
    }
    match indexes::count(text, spec["completions"].as_i64().unwrap_or(0)) {
        Ok(count) => count,
        Err(problem) => {
            path.invalid("", text, &format!("error parsing succeededIndexes: {problem}"));
            0
        }
    }
}
