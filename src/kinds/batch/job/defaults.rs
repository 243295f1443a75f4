//! What a job means where it is silent.

use serde_json::Value;

use crate::core::pod::template;
use crate::fill::{default, items_mut, present, set};
use crate::read::is_unset;

/// Pods that may fail before the job does.
const BACKOFF_LIMIT: i64 = 6;

/// No limit for the job as a whole, when each index has its own.
const NO_LIMIT: i64 = i32::MAX as i64;

pub(super) fn fill(job: &mut Value) {
    let labels = job["spec"]["template"]["metadata"]["labels"].clone();
    if let Some(metadata) = present(job, "metadata")
        && is_empty(&metadata["labels"])
        && !is_empty(&labels)
    {
        set(metadata, "labels", labels);
    }
    if let Some(spec) = present(job, "spec") {
        counts(spec);
        default(spec, "completionMode", "NonIndexed");
        default(spec, "manualSelector", false);
        default(spec, "suspend", false);
        let replacement =
            if spec["podFailurePolicy"].is_null() { "TerminatingOrFailed" } else { "Failed" };
        default(spec, "podReplacementPolicy", replacement);
        failure_policy(spec);
    }
    template::set_defaults(job);
}

fn counts(spec: &mut Value) {
    if spec["completions"].is_null() && spec["parallelism"].is_null() {
        default(spec, "completions", 1);
    }
    default(spec, "parallelism", 1);
    let limit = if spec["backoffLimitPerIndex"].is_null() { BACKOFF_LIMIT } else { NO_LIMIT };
    default(spec, "backoffLimit", limit);
}

/// Fills a policy, in a job or in the template of one.
pub(in crate::batch) fn failure_policy(spec: &mut Value) {
    let Some(policy) = present(spec, "podFailurePolicy") else { return };
    for rule in items_mut(policy, "rules") {
        for pattern in items_mut(rule, "onPodConditions").filter(|pattern| pattern.is_object()) {
            default(pattern, "status", "True");
        }
    }
}

pub(super) fn is_empty(map: &Value) -> bool {
    is_unset(map) || map.as_object().is_some_and(serde_json::Map::is_empty)
}
