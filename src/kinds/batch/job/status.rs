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

/// Pairs of conditions that contradict each other. Of these it matters only when either is new.
const APART: [[&str; 2]; 2] = [["Complete", "Failed"], ["Complete", "FailureTarget"]];

/// Pairs of conditions that never stood together.
const NEVER_TOGETHER: [[&str; 2]; 2] =
    [["SuccessCriteriaMet", "Failed"], ["SuccessCriteriaMet", "FailureTarget"]];

/// What a job has to have said before it says that it is over: its pods end first (KEP-3998, KEP-3939).
const ANNOUNCED: [[&str; 2]; 2] = [["Failed", "FailureTarget"], ["Complete", "SuccessCriteriaMet"]];

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

    fn of_either(&self, names: [&str; 2]) -> bool {
        names.iter().any(|name| self.of_condition(name))
    }

    fn of_end(&self) -> bool {
        is_finished(self.new) != is_finished(self.old)
    }
}

fn is_finished(job: &Value) -> bool {
    holds(job, "Complete") || holds(job, "Failed")
}

fn count(job: &Value, field: &str) -> i64 {
    job["status"][field].as_i64().unwrap_or(0)
}

/// Checks a status that was written to a job.
pub(super) fn validate(new: &Value, old: &Value, errors: &FieldErrors) {
    let path = errors.at("status");
    let change = Change { new, old };
    let counts = ["active", "succeeded", "failed", "ready", "terminating"];
    number::not_negative(&new["status"], &counts, &path);
    validate_uncounted(&new["status"]["uncountedTerminatedPods"], &path);
    validate_ends(&change, &path);
    validate_times(&change, &path);
    validate_announced(&change, &path);
    validate_rest(&change, &path);
    validate_indexes(&change, &path);
    validate_counts(&change, &path);
    validate_success(new, &path);
    validate_kept(&change, &path);
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

/// A job ends in one way.
fn validate_ends(change: &Change<'_>, path: &FieldPath<'_>) {
    for pair in APART.into_iter().filter(|pair| change.of_either(*pair)) {
        refuse_both(change.new, pair, path);
    }
}

fn refuse_both(job: &Value, [one, other]: [&str; 2], path: &FieldPath<'_>) {
    if holds(job, one) && holds(job, other) {
        let detail = format!("cannot set {one}=True and {other}=true conditions");
        path.invalid_whole("conditions", &detail);
    }
}

fn validate_times(change: &Change<'_>, path: &FieldPath<'_>) {
    let status = &change.new["status"];
    let (ended, complete) = (&status["completionTime"], holds(change.new, "Complete"));
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
    if moved && at(ended).zip(at(&status["startTime"])).is_some_and(|(end, start)| end < start) {
        let detail = "completionTime cannot be set before startTime";
        path.invalid("completionTime", ended.clone(), detail);
    }
}

fn validate_announced(change: &Change<'_>, path: &FieldPath<'_>) {
    for [end, before] in ANNOUNCED {
        let told = change.of_either([end, before]);
        if told && holds(change.new, end) && !holds(change.new, before) {
            let detail =
                format!("cannot set {end}=True condition without the {before}=true condition");
            path.invalid_whole("conditions", &detail);
        }
    }
}

/// Nothing of a finished job runs any more, nor waits to be counted.
fn validate_rest(change: &Change<'_>, path: &FieldPath<'_>) {
    if !is_finished(change.new) {
        return;
    }
    let status = &change.new["status"];
    let told = |field: &str| change.of_end() || change.of(field);
    let none_left = |field: &str| {
        if told(field) && count(change.new, field) > 0 {
            let detail = format!("{field}>0 is invalid for finished job");
            path.invalid(field, status[field].clone(), &detail);
        }
    };
    none_left("active");
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
    none_left("terminating");
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
    let (complete, failed) = (text(status, "completedIndexes"), text(status, "failedIndexes"));
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
            path.invalid("failedIndexes", failed, detail);
        }
    }
    let told = change.of("completedIndexes") || change.of("failedIndexes");
    let both = completions.and_then(|most| indexes::first_of_both(complete, failed, most));
    if let Some(index) = both.filter(|_| told) {
        let detail = format!("failedIndexes and completedIndexes overlap at index: {index}");
        path.invalid("failedIndexes", failed, &detail);
    }
}

fn validate_counts(change: &Change<'_>, path: &FieldPath<'_>) {
    let (status, told) = (&change.new["status"], change.of("ready") || change.of("active"));
    let too_many = |ready: &i64| told && *ready > count(change.new, "active");
    if let Some(ready) = status["ready"].as_i64().filter(too_many) {
        path.invalid("ready", ready, "cannot set more ready pods than active");
    }
}

fn validate_success(job: &Value, path: &FieldPath<'_>) {
    for pair in NEVER_TOGETHER {
        refuse_both(job, pair, path);
    }
    let judged = !job["spec"]["successPolicy"].is_null();
    if judged && holds(job, "Complete") && !holds(job, "SuccessCriteriaMet") {
        let detail =
            "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
        path.invalid_whole("conditions", detail);
    }
}

/// What was told once stays so.
fn validate_kept(change: &Change<'_>, path: &FieldPath<'_>) {
    let Change { new, old } = *change;
    for name in TERMINAL.into_iter().filter(|name| holds(old, name) && !holds(new, name)) {
        let detail = format!("cannot disable the terminal {name}=True condition");
        path.invalid_whole("conditions", &detail);
    }
    validate_counters(change, path);
    let (ended, before) = (&new["status"]["completionTime"], &old["status"]["completionTime"]);
    if !ended.is_null() && !before.is_null() && ended != before {
        path.invalid("completionTime", ended.clone(), "completionTime cannot be mutated");
    }
    // A job that is resumed starts anew (kubernetes#134521).
    let resumed = holds(old, "Suspended") && !holds(new, "Suspended");
    let waits = resumed || new["spec"]["suspend"] == true;
    if !old["status"]["startTime"].is_null() && change.of("startTime") && !waits {
        path.required("startTime", "startTime cannot be removed for unsuspended job");
    }
    let succeeded = |job| holds(job, "SuccessCriteriaMet");
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

/// What was counted once stays counted; only an indexed job that shrinks forgets its last indexes.
fn validate_counters(change: &Change<'_>, path: &FieldPath<'_>) {
    let spec = &change.new["spec"];
    let shrinks =
        text(spec, "completionMode") == "Indexed" && spec["completions"] == spec["parallelism"];
    for (field, fixed) in [("failed", true), ("succeeded", !shrinks)] {
        if fixed && count(change.new, field) < count(change.old, field) {
            let detail = format!("cannot decrease the {field} counter");
            path.invalid(field, count(change.new, field), &detail);
        }
    }
}

#[cfg(test)]
mod tests;
