//! What an autoscaler watches.

use machinery::{FieldPath, names};
use serde_json::{Value, json};

use super::validate_reference;
use crate::read::text;
use crate::{amount, selector};

/// The types of metrics, each with the field that holds it.
pub(crate) const TYPES: &[(&str, &str)] = &[
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

/// The metric nearly everybody wants: processor time used, in percent of what is asked for.
pub(crate) fn of_processor(percent: impl Into<Value>) -> Value {
    let target = json!({ "type": "Utilization", "averageUtilization": percent.into() });
    json!({ "type": "Resource", "resource": { "name": "cpu", "target": target } })
}

/// The field that holds a metric of this type.
pub(crate) fn field_of(kind: &str) -> Option<&'static str> {
    TYPES.iter().find(|(name, _)| *name == kind).map(|(_, field)| *field)
}

/// Checks a metric at `path`.
pub(super) fn validate(metric: &Value, path: &FieldPath<'_>) {
    let kind = text(metric, "type");
    let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
    if kind.is_empty() {
        path.required("type", "must specify a metric source type");
    } else if field_of(kind).is_none() {
        path.not_supported("type", kind, &names);
    }
    for (name, field) in TYPES {
        let given = !metric[*field].is_null();
        if *name == kind && !given {
            path.required(field, "must populate information for the given metric source");
        } else if *name != kind && given {
            path.forbidden(field, "must populate the given metric source only");
        } else if given {
            validate_source(kind, &metric[*field], &path.at(field));
        }
    }
}

fn validate_source(kind: &str, source: &Value, path: &FieldPath<'_>) {
    if matches!(kind, "Resource" | "ContainerResource") {
        if text(source, "name").is_empty() {
            path.required("name", "must specify a resource name");
        }
        if kind == "ContainerResource" && text(source, "container").is_empty() {
            path.required("container", "must specify a container");
        }
    } else {
        let (metric, path) = (&source["metric"], path.at("metric"));
        match text(metric, "name") {
            "" => path.required("name", "must specify a metric name"),
            name => path.check("name", name, names::path_segment(name)),
        }
        selector::validate(&metric["selector"], &path.at("selector"));
    }
    if kind == "Object" {
        validate_reference(&source["describedObject"], &path.at("describedObject"));
    }
    let (target, path) = (&source["target"], path.at("target"));
    validate_target(target, &path);
    validate_what_is_set(kind, target, &path);
}

fn validate_target(target: &Value, path: &FieldPath<'_>) {
    let kind = text(target, "type");
    if kind.is_empty() {
        path.required("type", "must specify a metric target type");
    } else if !matches!(kind, "Utilization" | "Value" | "AverageValue") {
        path.invalid("type", kind, "must be either Utilization, Value, or AverageValue");
    }
    for field in ["value", "averageValue"] {
        let value = &target[field];
        if amount::parse(value).is_some_and(|amount| amount.is_negative() || amount.is_zero()) {
            path.invalid(field, value.clone(), "must be positive");
        }
    }
    if let Some(percent) = target["averageUtilization"].as_i64().filter(|percent| *percent < 1) {
        path.invalid("averageUtilization", percent, "must be greater than 0");
    }
}

fn validate_what_is_set(kind: &str, target: &Value, path: &FieldPath<'_>) {
    let has = |field: &str| !target[field].is_null();
    match (kind, has("value"), has("averageValue"), has("averageUtilization")) {
        ("Resource" | "ContainerResource", _, false, false) => path.required(
            "averageUtilization",
            "must set either a target raw value or a target utilization",
        ),
        ("Resource" | "ContainerResource", _, true, true) => path.forbidden(
            "averageValue",
            "may not set both a target raw value and a target utilization",
        ),
        ("Pods", _, false, _) => {
            path.required("averageValue", "must specify a positive target averageValue");
        }
        ("Object", false, false, _) => {
            path.required("averageValue", "must set either a target value or averageValue");
        }
        ("External", false, false, _) => path.required(
            "averageValue",
            "must set either a target value for metric or a per-pod target",
        ),
        ("External", true, true, _) => path
            .forbidden("value", "may not set both a target value for metric and a per-pod target"),
        _ => {}
    }
}
