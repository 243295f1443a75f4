//! Between the two versions: what version 1 has no field for stands in annotations, as JSON.

use machinery::document::set_type;
use serde_json::{Map, Value, json};

use crate::autoscaling::horizontal_pod_autoscaler::metric::{field_of, of_processor};
use crate::fill::{default, object, present, remove, set};
use crate::read::text;

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

/// The one metric version 1 has a field for.
const WANTED: &str = "targetCPUUtilizationPercentage";
const CURRENT: &str = "currentCPUUtilizationPercentage";

/// From version 1 to version 2, which is stored.
pub(super) fn to_stored(mut autoscaler: Value) -> Value {
    let mut annotation = |name: &str| take_annotation(&mut autoscaler, name);
    let (metrics, current) = (annotation(METRICS), annotation(CURRENT_METRICS));
    let (behavior, conditions) = (annotation(BEHAVIOR), annotation(CONDITIONS));
    if let Some(spec) = present(&mut autoscaler, "spec") {
        let mut all: Vec<Value> = remove(spec, WANTED).map(of_processor).into_iter().collect();
        all.extend(list(metrics).iter().map(|metric| newer(metric, "target")));
        set_unless_empty(spec, "metrics", all);
        if let Some(behavior) = behavior {
            set(spec, "behavior", with_keys(&behavior, lower_first));
        }
    }
    if let Some(status) = present(&mut autoscaler, "status") {
        // Version 2 leaves out what is zero.
        if status["currentReplicas"] == 0 {
            remove(status, "currentReplicas");
        }
        let of_processor = remove(status, CURRENT).map(|percent| {
            let current = json!({ "averageUtilization": percent });
            json!({ "type": "Resource", "resource": { "name": "cpu", "current": current } })
        });
        let all = match current {
            Some(known) => {
                list(Some(known)).iter().map(|metric| newer(metric, "current")).collect()
            }
            None => of_processor.into_iter().collect(),
        };
        set_unless_empty(status, "currentMetrics", all);
        set_unless_empty(status, "conditions", list(conditions));
    }
    set_type(&mut autoscaler, "autoscaling/v2", "HorizontalPodAutoscaler");
    autoscaler
}

/// From version 2 to version 1.
pub(super) fn from_stored(mut autoscaler: Value) -> Value {
    let mut annotations = Vec::new();
    if let Some(spec) = present(&mut autoscaler, "spec") {
        let metrics = list(remove(spec, "metrics"));
        let percent = metrics.iter().find_map(|metric| percent_of_processor(metric, "target"));
        if let Some(percent) = percent {
            set(spec, WANTED, percent.clone());
        }
        let others: Vec<Value> = metrics
            .iter()
            .filter(|metric| percent_of_processor(metric, "target").is_none())
            .map(|metric| older(metric, "target"))
            .collect();
        annotations.push((METRICS, others.into()));
        let behavior = remove(spec, "behavior").unwrap_or_default();
        annotations.push((BEHAVIOR, with_keys(&behavior, upper_first)));
    }
    if let Some(status) = present(&mut autoscaler, "status") {
        let metrics = list(remove(status, "currentMetrics"));
        let percent = metrics.iter().find_map(|metric| percent_of_processor(metric, "current"));
        if let Some(percent) = percent {
            set(status, CURRENT, percent.clone());
        }
        let all: Vec<Value> = metrics.iter().map(|metric| older(metric, "current")).collect();
        annotations.push((CURRENT_METRICS, all.into()));
        annotations.push((CONDITIONS, remove(status, "conditions").unwrap_or_default()));
        for field in ["currentReplicas", "desiredReplicas"] {
            default(status, field, 0);
        }
    }
    for (name, value) in annotations {
        annotate(&mut autoscaler, name, &value);
    }
    set_type(&mut autoscaler, "autoscaling/v1", "HorizontalPodAutoscaler");
    autoscaler
}

/// The percentage of processor time, if that is what the metric is about.
fn percent_of_processor<'a>(metric: &'a Value, side: &str) -> Option<&'a Value> {
    let source = &metric["resource"];
    let percent = &source[side]["averageUtilization"];
    let fits = text(metric, "type") == "Resource" && text(source, "name") == "cpu";
    (fits && !percent.is_null()).then_some(percent)
}

/// A metric in the form of version 1; `side` is `target` in a spec, `current` in a status.
fn older(metric: &Value, side: &str) -> Value {
    let kind = text(metric, "type");
    let Some(field) = field_of(kind) else { return metric.clone() };
    let source = &metric[field];
    let mut flat = Map::new();
    for (own, value) in places(kind, side).into_iter().map(|(new, own)| (own, at(source, &new))) {
        if !value.is_null() {
            flat.insert(own, value.clone());
        }
    }
    json!({ "type": kind, field: flat })
}

/// A metric in the form of version 2.
fn newer(metric: &Value, side: &str) -> Value {
    let kind = text(metric, "type");
    let Some(field) = field_of(kind) else { return metric.clone() };
    let mut source = json!({});
    for (new, own) in places(kind, side) {
        let value = &metric[field][own.as_str()];
        if value.is_null() {
            continue;
        }
        match new.split_once('.') {
            None => set(&mut source, &new, value.clone()),
            Some((parent, name)) => {
                if let Some(parent) = object(&mut source, parent) {
                    set(parent, name, value.clone());
                }
            }
        }
    }
    if side == "target"
        && let Some(target) = object(&mut source, side)
    {
        let kind = match () {
            () if !target["averageUtilization"].is_null() => "Utilization",
            () if !target["averageValue"].is_null() => "AverageValue",
            () => "Value",
        };
        set(target, "type", kind);
    }
    json!({ "type": kind, field: source })
}

/// Where version 2 keeps what of a metric, and what version 1 calls it.
fn places(kind: &str, side: &str) -> Vec<(String, String)> {
    let own = |name: &str| (name.to_owned(), name.to_owned());
    let amount = |name: &str, flat: &str| (format!("{side}.{name}"), flat.to_owned());
    let sided = |name: &str| {
        let upper = upper_first(name);
        amount(name, &format!("{side}{upper}"))
    };
    let metric = |name: &str, flat: &str| (format!("metric.{name}"), flat.to_owned());
    let named = metric("name", "metricName");
    match kind {
        "Object" => vec![
            ("describedObject".to_owned(), "target".to_owned()),
            named,
            metric("selector", "selector"),
            sided("value"),
            amount("averageValue", "averageValue"),
        ],
        "Pods" => vec![named, metric("selector", "selector"), sided("averageValue")],
        "External" => {
            vec![named, metric("selector", "metricSelector"), sided("value"), sided("averageValue")]
        }
        _ => {
            vec![own("name"), own("container"), sided("averageUtilization"), sided("averageValue")]
        }
    }
}

fn at<'a>(source: &'a Value, place: &str) -> &'a Value {
    place.split('.').fold(source, |value, name| &value[name])
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn set_unless_empty(parent: &mut Value, field: &str, values: Vec<Value>) {
    if values.is_empty() {
        remove(parent, field);
    } else {
        set(parent, field, values);
    }
}

/// What an annotation says, which the stored form has in fields; text that is no JSON says nothing.
fn take_annotation(autoscaler: &mut Value, name: &str) -> Option<Value> {
    let metadata = present(autoscaler, "metadata")?;
    let annotations = present(metadata, "annotations")?;
    let found = remove(annotations, name)?;
    if annotations.as_object().is_some_and(Map::is_empty) {
        remove(metadata, "annotations");
    }
    serde_json::from_str(found.as_str()?).ok()
}

fn annotate(autoscaler: &mut Value, name: &str, value: &Value) {
    let says_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if says_nothing {
        return;
    }
    let annotations =
        object(autoscaler, "metadata").and_then(|metadata| object(metadata, "annotations"));
    if let Some(annotations) = annotations {
        set(annotations, name, value.to_string());
    }
}

/// The value with the names of all its fields changed.
fn with_keys(value: &Value, change: fn(&str) -> String) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (change(name), with_keys(value, change))).collect()
        }
        Value::Array(items) => items.iter().map(|item| with_keys(item, change)).collect(),
        other => other.clone(),
    }
}

fn upper_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}
