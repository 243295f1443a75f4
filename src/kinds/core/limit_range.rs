//! `LimitRange`: what each pod, container or claim of a namespace may ask for.

use std::collections::BTreeSet;

use machinery::{FieldErrors, FieldPath, Quantity, names};
use serde_json::Value;

use super::pod::resources;
use crate::amount;
use crate::column::Column;
use crate::fill::{default, items_mut, object, present};
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};

/// What each pod, container or claim of a namespace may ask for.
#[derive(Debug)]
pub(crate) struct LimitRange;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "LimitRange",
    plural: "limitranges",
    singular: "limitrange",
    short: &["limits"],
    categories: &[],
}
.names();

const STANDARD_TYPES: &[&str] = &["Container", "PersistentVolumeClaim", "Pod"];
const SIDES: [&str; 5] = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];

/// Of two sides, the one that must not be more than the other, and what to say if it is. The first of the two names
/// is the field that is blamed.
const ORDER: &[(&str, &str, &str, [&str; 2])] = &[
    ("min", "min", "max", ["min value", "max value"]),
    ("defaultRequest", "min", "defaultRequest", ["min value", "default request value"]),
    ("defaultRequest", "defaultRequest", "max", ["default request value", "max value"]),
    (
        "defaultRequest",
        "defaultRequest",
        "default",
        ["default request value", "default limit value"],
    ),
    ("default", "min", "default", ["min value", "default value"]),
    ("default", "default", "max", ["default value", "max value"]),
];

impl Kind for LimitRange {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.LimitRange"
    }

    fn columns(&self) -> &[Column] {
        Column::NAME_AND_DATE
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn set_defaults(&self, range: &mut Value) {
        let Some(spec) = present(range, "spec") else { return };
        for limit in items_mut(spec, "limits").filter(|limit| text(limit, "type") == "Container") {
            for (to, from) in
                [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")]
            {
                fill_missing(limit, to, from);
            }
        }
    }

    fn validate(&self, range: &Value, errors: &FieldErrors) {
        let mut seen = BTreeSet::new();
        for (index, limit) in items(&range["spec"], "limits").enumerate() {
            let path = errors.at("spec").at("limits").index(index);
            let kind = text(limit, "type");
            if kind.is_empty() {
                path.required("type", "");
            } else if let Some(problem) = names::qualified_name(kind) {
                path.invalid("type", kind, &problem);
            } else if !kind.contains('/') && !STANDARD_TYPES.contains(&kind) {
                path.invalid("type", kind, "must be a standard limit type or fully qualified");
            } else if !seen.insert(kind) {
                path.duplicate("type", kind);
            }
            validate_limit(limit, &path);
        }
    }
}

fn fill_missing(limit: &mut Value, to: &str, from: &str) {
    let Some(known) = limit[from].as_object().filter(|known| !known.is_empty()).cloned() else {
        return;
    };
    let Some(amounts) = object(limit, to) else { return };
    for (name, amount) in known {
        default(amounts, &name, amount);
    }
}

fn validate_limit(limit: &Value, path: &FieldPath<'_>) {
    let kind = text(limit, "type");
    for side in SIDES {
        for (name, amount) in limit[side].as_object().into_iter().flatten() {
            let path = path.at(side).key(name);
            validate_name(name, kind, &path);
            amount::validate(amount, &path);
        }
    }
    if kind == "Pod" {
        for side in ["default", "defaultRequest"] {
            if limit[side].as_object().is_some_and(|amounts| !amounts.is_empty()) {
                path.forbidden(side, "may not be specified when `type` is 'Pod'");
            }
        }
    }
    let bounds = |side: &str| limit[side].get("storage").is_some();
    if kind == "PersistentVolumeClaim" && !bounds("min") && !bounds("max") {
        path.required(
            "limits",
            "either minimum or maximum storage value is required, but neither was provided",
        );
    }
    for (blamed, less, more, [less_name, more_name]) in ORDER {
        for (name, amount) in limit[*less].as_object().into_iter().flatten() {
            let bound = &limit[*more][name.as_str()];
            if let (Some(low), Some(high)) = (amount::parse(amount), amount::parse(bound))
                && low > high
            {
                let detail = format!("{less_name} {low} is greater than {more_name} {high}");
                let value = limit[*blamed][name.as_str()].clone();
                path.at(blamed).key(name).invalid("", value, &detail);
            }
        }
    }
    for (name, ratio) in limit["maxLimitRequestRatio"].as_object().into_iter().flatten() {
        if amount::parse(ratio).is_some_and(|amount| amount < Quantity::new(1)) {
            let shown = ratio.as_str().unwrap_or_default();
            let detail = format!("ratio {shown} is less than 1");
            path.at("maxLimitRequestRatio").key(name).invalid("", shown, &detail);
        }
        validate_ratio(limit, name, &path.at("maxLimitRequestRatio").key(name));
    }
    validate_sameness(limit, path);
}

/// Checks that whoever makes the resource at `path`, a container or anything else, can be asked for it.
fn validate_name(name: &str, kind: &str, path: &FieldPath<'_>) {
    resources::validate_any_name(name, path);
    if matches!(kind, "Container" | "Pod") && !name.contains('/') {
        resources::validate_of_containers(name, path);
    }
}

/// Checks that the most and the least are far enough from each other to make a ratio possible.
fn validate_ratio(limit: &Value, name: &str, path: &FieldPath<'_>) {
    let ratio = &limit["maxLimitRequestRatio"][name];
    let [ratio_amount, most, least] =
        [ratio, &limit["max"][name], &limit["min"][name]].map(amount::parse);
    let (Some(ratio_amount), Some(most), Some(least)) = (ratio_amount, most, least) else { return };
    let possible = thousandths(most) / thousandths(least);
    if thousandths(ratio_amount) / 1000.0 > possible {
        let detail = format!("ratio {ratio_amount} is greater than max/min = {possible:.6}");
        path.invalid("", ratio.clone(), &detail);
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody limits by the last of sixteen digits")]
fn thousandths(amount: Quantity) -> f64 {
    amount.milli() as f64
}

/// Of what cannot be promised twice, a container gets as much as it asks for.
fn validate_sameness(limit: &Value, path: &FieldPath<'_>) {
    for (name, given) in limit["default"].as_object().into_iter().flatten() {
        let asked = &limit["defaultRequest"][name.as_str()];
        if let (Some(given), Some(least)) = (amount::parse(given), amount::parse(asked))
            && !resources::overcommits(name)
            && given != least
        {
            let detail = format!(
                "default value {given} must equal to defaultRequest value {least} in {name}"
            );
            path.at("defaultRequest").key(name).invalid("", asked.clone(), &detail);
        }
    }
}

#[cfg(test)]
mod tests;
