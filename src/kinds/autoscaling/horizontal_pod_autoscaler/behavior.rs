//! How fast an autoscaler may go up and down.

use machinery::FieldPath;
use serde_json::{Value, json};

use crate::choice::{one_of, optional_one_of};
use crate::fill::{default, object, set};
use crate::read::items;

/// A window looks back at most an hour.
const MAX_WINDOW_SECONDS: i64 = 3600;

/// A policy counts changes over at most half an hour.
const MAX_PERIOD_SECONDS: i64 = 1800;

/// Fills the rules of both directions.
pub(super) fn fill(behavior: &mut Value) {
    if let Some(up) = object(behavior, "scaleUp") {
        default(up, "stabilizationWindowSeconds", 0);
        default(up, "selectPolicy", "Max");
        fill_policies(
            up,
            json!([
                { "type": "Pods", "value": 4, "periodSeconds": 15 },
                { "type": "Percent", "value": 100, "periodSeconds": 15 },
            ]),
        );
    }
    if let Some(down) = object(behavior, "scaleDown") {
        default(down, "selectPolicy", "Max");
        fill_policies(down, json!([{ "type": "Percent", "value": 100, "periodSeconds": 15 }]));
    }
}

/// An empty list is somebody's word, and is refused.
fn fill_policies(rules: &mut Value, policies: Value) {
    if rules["policies"].is_null() {
        set(rules, "policies", policies);
    }
}

/// Checks the rules at `path`.
pub(super) fn validate(behavior: &Value, path: &FieldPath<'_>) {
    for direction in ["scaleUp", "scaleDown"] {
        let rules = &behavior[direction];
        if !rules.is_null() {
            validate_rules(rules, &path.at(direction));
        }
    }
}

fn validate_rules(rules: &Value, path: &FieldPath<'_>) {
    match rules["stabilizationWindowSeconds"].as_i64() {
        Some(window) if window < 0 => path.invalid(
            "stabilizationWindowSeconds",
            window,
            "must be greater than or equal to zero",
        ),
        Some(window) if window > MAX_WINDOW_SECONDS => {
            let detail = format!("must be less than or equal to {MAX_WINDOW_SECONDS}");
            path.invalid("stabilizationWindowSeconds", window, &detail);
        }
        _ => {}
    }
    optional_one_of(rules, "selectPolicy", &["Disabled", "Max", "Min"], path);
    if items(rules, "policies").next().is_none() {
        path.required("policies", "must specify at least one Policy");
    }
    for (index, policy) in items(rules, "policies").enumerate() {
        let path = path.at("policies").index(index);
        one_of(policy, "type", &["Percent", "Pods"], &path);
        for field in ["value", "periodSeconds"] {
            let number = policy[field].as_i64().unwrap_or(0);
            if number <= 0 {
                path.invalid(field, number, "must be greater than zero");
            }
        }
        if let Some(period) = policy["periodSeconds"].as_i64().filter(|p| *p > MAX_PERIOD_SECONDS) {
            let detail = format!("must be less than or equal to {MAX_PERIOD_SECONDS}");
            path.invalid("periodSeconds", period, &detail);
        }
    }
}
