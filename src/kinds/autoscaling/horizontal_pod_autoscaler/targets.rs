//! What an autoscaler watches, as its table shows it: `cpu: 12%/80%`.

use serde_json::Value;

use super::metric::field_of;
use crate::column::{NONE, UNKNOWN};
use crate::read::{items, text};
use crate::share;

/// More metrics than these are only counted.
const SHOWN: usize = 2;

/// All targets in one cell.
pub(super) fn shown(autoscaler: &Value) -> String {
    let metrics: Vec<&Value> = items(&autoscaler["spec"], "metrics").collect();
    if metrics.is_empty() {
        return NONE.to_owned();
    }
    let current: Vec<&Value> = items(&autoscaler["status"], "currentMetrics").collect();
    let texts: Vec<String> = metrics
        .iter()
        .take(SHOWN)
        .enumerate()
        .map(|(index, metric)| target(metric, current.get(index).copied().unwrap_or(&Value::Null)))
        .collect();
    let texts = texts.join(", ");
    match metrics.len().saturating_sub(SHOWN) {
        0 => texts,
        more => format!("{texts} + {more} more..."),
    }
}

fn target(metric: &Value, current: &Value) -> String {
    let kind = text(metric, "type");
    let Some(field) = field_of(kind) else { return format!("{UNKNOWN}/{UNKNOWN}") };
    let (source, wanted) = (&metric[field], &metric[field]["target"]);
    let current = &current[field]["current"];
    let pair = |field: &str| format!("{}/{}", known(&current[field]), share::shown(&wanted[field]));
    let has = |field: &str| !wanted[field].is_null();
    match kind {
        "Resource" | "ContainerResource" => {
            let name = text(source, "name");
            if has("averageValue") {
                return format!("{name}: {}", pair("averageValue"));
            }
            let percent = |value: &Value, otherwise: &str| {
                value.as_i64().map_or(otherwise.to_owned(), |number| format!("{number}%"))
            };
            let now = percent(&current["averageUtilization"], UNKNOWN);
            let wanted = percent(&wanted["averageUtilization"], "<auto>");
            format!("{name}: {now}/{wanted}")
        }
        "Pods" => pair("averageValue"),
        _ if has("averageValue") => format!("{} (avg)", pair("averageValue")),
        _ => pair("value"),
    }
}

fn known(value: &Value) -> String {
    if value.is_null() { UNKNOWN.to_owned() } else { share::shown(value) }
}
