//! Whether a job can be run.

use machinery::FieldPath;
use serde_json::Value;

use super::failure;
use crate::choice::one_of;
use crate::core::pod::template;
use crate::read::text;
use crate::{domain, number};

/// Each pod of an indexed job has an entry in its status, which has to fit into one value of the store.
const MAX_PARALLELISM_OF_INDEXED: i64 = 100_000;

/// Each failed index has an entry in the status, too.
const MAX_FAILED_INDEXES: i64 = 100_000;

/// From so many completions on, fewer pods may run and fewer indexes may fail: the status lists both kinds at once.
const MANY_COMPLETIONS: i64 = 100_000;
const MAX_OF_MANY: i64 = 10_000;

/// One part of a host name.
const MAX_MANAGER_BYTES: usize = 63;

/// Checks a job's spec, without its selector; in a job or in the template of one.
pub(crate) fn validate(spec: &Value, path: &FieldPath<'_>) {
    let counts = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    number::not_negative(spec, &counts, path);
    if !spec["completionMode"].is_null() {
        one_of(spec, "completionMode", &["Indexed", "NonIndexed"], path);
    }
    validate_indexes(spec, path);
    validate_manager(text(spec, "managedBy"), path);
    failure::validate(spec, path);
    template::validate(&spec["template"], &path.at("template"));
    validate_restart(spec, &path.at("template").at("spec"));
    if !spec["podReplacementPolicy"].is_null() {
        let known: &[&str] = if spec["podFailurePolicy"].is_null() {
            &["Failed", "TerminatingOrFailed"]
        } else {
            &["Failed"]
        };
        one_of(spec, "podReplacementPolicy", known, path);
    }
}

/// What the writer of the spec at `path` should be told.
pub(crate) fn warning(spec: &Value, path: &str) -> Option<String> {
    let number = |field: &str| spec[field].as_i64().unwrap_or(0);
    let many = number("completions") > MANY_COMPLETIONS && number("parallelism") > MAX_OF_MANY;
    (many && text(spec, "completionMode") == "Indexed").then(|| {
        format!(
            "{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, \
             Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        )
    })
}

fn validate_indexes(spec: &Value, path: &FieldPath<'_>) {
    let indexed = text(spec, "completionMode") == "Indexed";
    let parallelism = spec["parallelism"].as_i64().unwrap_or(0);
    if indexed && spec["completions"].is_null() {
        path.required("completions", "when completion mode is Indexed");
    }
    if indexed && parallelism > MAX_PARALLELISM_OF_INDEXED {
        let detail = format!(
            "must be less than or equal to {MAX_PARALLELISM_OF_INDEXED} when completion mode is Indexed"
        );
        path.invalid("parallelism", parallelism, &detail);
    }
    let (limit, failed) = (&spec["backoffLimitPerIndex"], &spec["maxFailedIndexes"]);
    if limit.is_null() && !failed.is_null() {
        path.required("backoffLimitPerIndex", "when maxFailedIndexes is specified");
    }
    if indexed {
        validate_failed_indexes(spec, path);
        return;
    }
    for field in ["backoffLimitPerIndex", "maxFailedIndexes"] {
        if !spec[field].is_null() {
            path.invalid(field, spec[field].clone(), "requires indexed completion mode");
        }
    }
}

/// The status lists the indexes that failed and those that are left.
fn validate_failed_indexes(spec: &Value, path: &FieldPath<'_>) {
    let completions = spec["completions"].as_i64();
    let failed = spec["maxFailedIndexes"].as_i64();
    if let (Some(failed), Some(completions)) = (failed, completions)
        && failed > completions
    {
        path.invalid("maxFailedIndexes", failed, "must be less than or equal to completions");
    }
    at_most(spec, "maxFailedIndexes", MAX_FAILED_INDEXES, "", path);
    let many = completions.is_some_and(|completions| completions > MANY_COMPLETIONS);
    if !many || spec["backoffLimitPerIndex"].is_null() {
        return;
    }
    if failed.is_none() {
        let detail = format!("must be specified when completions is above {MANY_COMPLETIONS}");
        path.required("maxFailedIndexes", &detail);
    }
    let reason = format!(
        " when completions are above {MANY_COMPLETIONS} and used with backoff limit per index"
    );
    for field in ["parallelism", "maxFailedIndexes"] {
        at_most(spec, field, MAX_OF_MANY, &reason, path);
    }
}

fn at_most(spec: &Value, field: &str, most: i64, reason: &str, path: &FieldPath<'_>) {
    if let Some(number) = spec[field].as_i64().filter(|number| *number > most) {
        path.invalid(field, number, &format!("must be less than or equal to {most}{reason}"));
    }
}

fn validate_manager(manager: &str, path: &FieldPath<'_>) {
    if manager.is_empty() {
        return;
    }
    domain::validate_prefixed_path(manager, "managedBy", path);
    if manager.len() > MAX_MANAGER_BYTES {
        path.too_long("managedBy", MAX_MANAGER_BYTES);
    }
}

/// A pod that always runs again never finishes.
fn validate_restart(spec: &Value, path: &FieldPath<'_>) {
    let policy = text(&spec["template"]["spec"], "restartPolicy");
    match policy {
        "" | "Always" => {
            path.required("restartPolicy", "valid values: \"OnFailure\", \"Never\"");
        }
        "OnFailure" if !spec["podFailurePolicy"].is_null() => {
            let detail = "only \"Never\" is supported when podFailurePolicy is specified";
            path.invalid("restartPolicy", policy, detail);
        }
        "OnFailure" | "Never" => {}
        _ => path.not_supported("restartPolicy", policy, &["OnFailure", "Never"]),
    }
}
