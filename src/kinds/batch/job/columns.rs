//! How a job shows itself in a table.

use jiff::Timestamp;
use serde_json::Value;

use crate::column::{Column, duration};
use crate::condition;
use crate::core::pod::template;
use crate::read::text;

pub(super) static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Status", "What has become of it.", |job, _| state(job).into()),
    Column::text("Completions", "Pods that succeeded, of those wanted.", |job, _| {
        completions(job).into()
    }),
    Column::text("Duration", "How long it has run, or ran.", |job, now| run_time(job, now).into()),
    Column::AGE,
    template::CONTAINERS,
    template::IMAGES,
    template::SELECTOR,
];

fn state(job: &Value) -> &'static str {
    let is = |name| condition::holds(job, name);
    match () {
        () if is("Complete") => "Complete",
        () if is("Failed") => "Failed",
        () if !job["metadata"]["deletionTimestamp"].is_null() => "Terminating",
        () if is("Suspended") => "Suspended",
        () if is("FailureTarget") => "FailureTarget",
        () if is("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

fn completions(job: &Value) -> String {
    let succeeded = job["status"]["succeeded"].as_i64().unwrap_or(0);
    let spec = &job["spec"];
    match (spec["completions"].as_i64(), spec["parallelism"].as_i64()) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, Some(at_once)) if at_once > 1 => format!("{succeeded}/1 of {at_once}"),
        (None, _) => format!("{succeeded}/1"),
    }
}

fn run_time(job: &Value, now: Timestamp) -> String {
    let time = |field| text(&job["status"], field).parse::<Timestamp>().ok();
    match time("startTime") {
        None => String::new(),
        Some(start) => duration(start, time("completionTime").unwrap_or(now)),
    }
}
