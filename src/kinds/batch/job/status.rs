//! Whether a controller may say of a job what it says. A controller of somebody else's has to meet what clients of jobs
//! rely on, and so what is new in a status is checked; what was there before may be mended later.

use std::collections::BTreeSet;

use machinery::{FieldErrors, FieldPath, time};
use serde_json::Value;

use super::indexes;
use crate::condition::holds;
use crate::number;
use crate::read::{items, text};

/// Conditions that are never taken back.
const TERMINAL: [&str; 3] = ["Failed", "Complete", "FailureTarget"];

/// Pairs of conditions that contradict each other.
const APART: [[&str; 2]; 4] = [
    ["Complete", "Failed"],
    ["Complete", "FailureTarget"],
    ["SuccessCriteriaMet", "Failed"],
    ["SuccessCriteriaMet", "FailureTarget"],
];

/// What a change of a status concerns.
struct Change<'v> {
    new: &'v Value,
    old: &'v Value,
}

impl Change<'_> {
    fn of(&self, field: &str) -> bool {
        self.new["status"][field] != self.old["status"][field]
    }

    fn of_condition(&self, name: &str) -> bool {
        holds(self.new, name) != holds(self.old, name)
    }

    fn of_end(&self) -> bool {
        is_finished(self.new) != is_finished(self.old)
    }
}

fn is_finished(job: &Value) -> bool {
    holds(job, "Complete") || holds(job, "Failed")
}

/// Checks a status that was written to a job.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    let path = errors.at("status");
    let change = Change { new, old };
    let counts = ["active", "succeeded", "failed", "ready", "terminating"];
    number::not_negative(&new["status"], &counts, &path);
    validate_uncounted(&new["status"]["uncountedTerminatedPods"], &path);
    validate_conditions(&change, &path);
    validate_times(&change, &path);
    validate_end(&change, &path);
    validate_indexes(&change, &path);
    validate_counters(&change, &path);
}

fn validate_uncounted(uncounted: &Value, path: &FieldPath<'_>) {
    let mut seen = BTreeSet::new();
    for list in ["succeeded", "failed"] {
        for (index, uid) in items(uncounted, list).filter_map(Value::as_str).enumerate() {
            let path = path.at("uncountedTerminatedPods").at(list).index(index);
            if uid.is_empty() {
                path.invalid("", uid, "must not be empty");
            } else if !seen.insert(uid) {
                path.duplicate("", uid);
            }
        }
    }
}

fn validate_conditions(change: &Change<'_>, path: &FieldPath<'_>) {
    let Change { new, old } = *change;
    for [one, other] in APART {
        let told =
            one == "SuccessCriteriaMet" || change.of_condition(one) || change.of_condition(other);
        if told && holds(new, one) && holds(new, other) {
            let detail = format!("cannot set {one}=True and {other}=true conditions");
            path.invalid_whole("conditions", &detail);
        }
    }
    let succeeded = |job| holds(job, "SuccessCriteriaMet");
    if !new["spec"]["successPolicy"].is_null() && !succeeded(new) && holds(new, "Complete") {
        let detail =
            "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
        path.invalid_whole("conditions", detail);
    }
    for name in TERMINAL.into_iter().filter(|name| holds(old, name) && !holds(new, name)) {
        let detail = format!("cannot disable the terminal {name}=True condition");
        path.invalid_whole("conditions", &detail);
    }
    if succeeded(old) && !succeeded(new) {
        let detail = "cannot disable the SuccessCriteriaMet=True condition";
        path.invalid_whole("conditions", detail);
    }
    if holds(old, "Complete") && !succeeded(old) && succeeded(new) {
        let detail =
            "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
        path.invalid_whole("conditions", detail);
    }
}

fn validate_times(change: &Change<'_>, path: &FieldPath<'_>) {
    let (new, old) = (&change.new["status"], &change.old["status"]);
    let (ended, complete) = (&new["completionTime"], holds(change.new, "Complete"));
    let at = |time: &Value| time.as_str().and_then(|time| time::parse_time(time).ok());
    if change.of("completionTime") || change.of_condition("Complete") {
        if complete && ended.is_null() {
            path.required("completionTime", "completionTime is required for Complete jobs");
        } else if !complete && !ended.is_null() {
            let detail = "cannot set completionTime when there is no Complete=True condition";
            path.invalid("completionTime", ended.clone(), detail);
        }
    }
    let moved = change.of("completionTime") || change.of("startTime");
    if moved && at(ended).zip(at(&new["startTime"])).is_some_and(|(end, start)| end < start) {
        let detail = "completionTime cannot be set before startTime";
        path.invalid("completionTime", ended.clone(), detail);
    }
    let before = &old["completionTime"];
    if !ended.is_null() && !before.is_null() && ended != before {
        path.invalid("completionTime", ended.clone(), "completionTime cannot be mutated");
    }
    // A job that is resumed starts anew (kubernetes#134521).
    let resumed = holds(change.old, "Suspended") && !holds(change.new, "Suspended");
    let waits = resumed || change.new["spec"]["suspend"] == true;
    if !old["startTime"].is_null() && change.of("startTime") && !waits {
        path.required("startTime", "startTime cannot be removed for unsuspended job");
    }
}

/// Nothing of a finished job runs any more, nor waits to be counted.
fn validate_end(change: &Change<'_>, path: &FieldPath<'_>) {
    if !is_finished(change.new) {
        return;
    }
    let status = &change.new["status"];
    let told = |field: &str| change.of_end() || change.of(field);
    if told("active") && status["active"].as_i64().is_some_and(|active| active > 0) {
        path.invalid("active", status["active"].clone(), "active>0 is invalid for finished job");
    }
    // What is suspended and wants nothing is complete without a start (kubernetes#132614).
    let spec = &change.new["spec"];
    let never_started = spec["suspend"] == true && spec["completions"] == 0;
    if told("startTime") && status["startTime"].is_null() && !never_started {
        path.required("startTime", "startTime is required for finished job");
    }
    let uncounted = &status["uncountedTerminatedPods"];
    let left = ["succeeded", "failed"].iter().any(|list| items(uncounted, list).next().is_some());
    if told("uncountedTerminatedPods") && left {
        let detail = "uncountedTerminatedPods needs to be empty for finished job";
        path.invalid("uncountedTerminatedPods", uncounted.clone(), detail);
    }
}

fn validate_indexes(change: &Change<'_>, path: &FieldPath<'_>) {
    let (spec, status) = (&change.new["spec"], &change.new["status"]);
    let completions = spec["completions"].as_i64();
    let per_index = !spec["backoffLimitPerIndex"].is_null();
    let parsed = |field: &str| {
        let list = text(status, field);
        if let Some(Err(problem)) = completions.map(|most| indexes::count(list, most)) {
            path.invalid(field, list, &format!("error parsing {field}: {problem}"));
        }
    };
    let complete = text(status, "completedIndexes");
    if change.of("completedIndexes") {
        parsed("completedIndexes");
        if !complete.is_empty() && text(spec, "completionMode") != "Indexed" {
            let detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
            path.invalid("completedIndexes", complete, detail);
        }
    }
    if change.of("failedIndexes") && !status["failedIndexes"].is_null() {
        if per_index {
            parsed("failedIndexes");
        } else {
            let detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
            path.invalid("failedIndexes", status["failedIndexes"].clone(), detail);
        }
    }
}

/// What was counted once stays counted; only an indexed job that shrinks forgets its last indexes.
fn validate_counters(change: &Change<'_>, path: &FieldPath<'_>) {
    let spec = &change.new["spec"];
    let shrinks =
        text(spec, "completionMode") == "Indexed" && spec["completions"] == spec["parallelism"];
    for (field, fixed) in [("failed", true), ("succeeded", !shrinks)] {
        let count = |job: &Value| job["status"][field].as_i64().unwrap_or(0);
        if fixed && count(change.new) < count(change.old) {
            let detail = format!("cannot decrease the {field} counter");
            path.invalid(field, count(change.new), &detail);
        }
    }
}

#[cfg(test)]
mod tests;
