//! How an event shows itself in a table, under whichever names of its fields.

use jiff::Timestamp;
use serde_json::Value;

use crate::column::{Column, age};
use crate::read::text;

pub(super) static COLUMNS: &[Column] = &[
    Column::text("Last Seen", "When it last happened.", |event, now| last_seen(event, now).into()),
    Column::text("Type", "Whether it is worth worrying about.", |event, _| {
        text(event, "type").into()
    }),
    Column::text("Reason", "What happened, in one word.", |event, _| text(event, "reason").into()),
    Column::text("Object", "What it happened to.", |event, _| object(event).into()),
    Column::wide("Subobject", "Which part of the object.", |event, _| {
        text(either(event, "involvedObject", "regarding"), "fieldPath").into()
    }),
    Column::wide("Source", "Who reports it.", |event, _| source(event).into()),
    Column::text("Message", "What happened.", |event, _| {
        either(event, "message", "note").as_str().unwrap_or_default().trim().into()
    }),
    Column::wide("First Seen", "When it first happened.", |event, now| {
        age(first_time(event), now).into()
    }),
    Column::wide("Count", "How often it happened.", |event, _| count(event).into()),
    Column::NAME.only_wide(),
];

/// A field by its stored name or by its newer one.
fn either<'a>(event: &'a Value, stored: &str, newer: &str) -> &'a Value {
    event.get(stored).unwrap_or(&event[newer])
}

fn first_time(event: &Value) -> &Value {
    match either(event, "firstTimestamp", "deprecatedFirstTimestamp") {
        Value::Null => &event["eventTime"],
        time => time,
    }
}

fn last_seen(event: &Value, now: Timestamp) -> String {
    let series = &event["series"]["lastObservedTime"];
    let last = either(event, "lastTimestamp", "deprecatedLastTimestamp");
    let time = match (series, last) {
        (Value::Null, Value::Null) => first_time(event),
        (Value::Null, last) => last,
        (series, _) => series,
    };
    age(time, now)
}

fn object(event: &Value) -> String {
    let object = either(event, "involvedObject", "regarding");
    let kind = text(object, "kind").to_lowercase();
    match text(object, "name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    }
}

fn source(event: &Value) -> String {
    let source = either(event, "source", "deprecatedSource");
    let reporter = either(event, "reportingComponent", "reportingController");
    let (component, host) = match text(source, "component") {
        "" => (reporter.as_str().unwrap_or_default(), text(event, "reportingInstance")),
        component => (component, text(source, "host")),
    };
    if host.is_empty() { component.to_owned() } else { format!("{component}, {host}") }
}

fn count(event: &Value) -> i64 {
    let series = event["series"]["count"].as_i64();
    let count = series.or(either(event, "count", "deprecatedCount").as_i64());
    count.filter(|count| *count > 0).unwrap_or(1)
}
