use expect_test::expect;
use serde_json::{Value, json};

use crate::batch::Job;
use crate::fixture::{admitted, refused_changes_of_status};

fn job(status: Value) -> Value {
    let mut job = admitted(
        &Job,
        json!({"apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "sum", "namespace": "default", "uid": "u"},
            "spec": {"completions": 3, "parallelism": 2, "template": {"spec": {
                "restartPolicy": "Never", "containers": [{"name": "a", "image": "hello"}]}}}}),
    );
    job["status"] = status;
    job
}

fn conditions(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"type": name, "status": "True"})).collect()
}

const START: &str = "2026-01-02T03:00:00Z";
const BEFORE: &str = "2026-01-01T00:00:00Z";

#[test]
fn a_job_that_runs_says_nothing_of_its_end() {
    let changes = &[
        ("/status/active", json!(-1)),
        ("/status/failed", json!(1)),
        ("/status/succeeded", json!(0)),
        ("/status/completionTime", json!(BEFORE)),
        ("/status/startTime", json!(BEFORE)),
        ("/status/completedIndexes", json!("0,1")),
        ("/status/completedIndexes", json!("5")),
        ("/status/failedIndexes", json!("1")),
        ("/status/uncountedTerminatedPods", json!({"succeeded": ["a", ""], "failed": ["a"]})),
        ("/status/ready", json!(2)),
        ("/status/conditions", conditions(&["Complete"])),
        ("/status/conditions", conditions(&["Failed"])),
        ("/status/conditions", conditions(&["Failed", "SuccessCriteriaMet", "FailureTarget"])),
        ("/status/conditions", conditions(&["SuccessCriteriaMet"])),
    ];
    let running = job(json!({"startTime": START, "active": 1, "failed": 2, "succeeded": 1}));
    expect![[r#"
        /status/active = -1
            status.active: Invalid value: -1: must be greater than or equal to 0
        /status/failed = 1
            status.failed: Invalid value: 1: cannot decrease the failed counter
        /status/succeeded = 0
            status.succeeded: Invalid value: 0: cannot decrease the succeeded counter
        /status/completionTime = "2026-01-01T00:00:00Z"
            status.completionTime: Invalid value: "2026-01-01T00:00:00Z": cannot set completionTime when there is no Complete=True condition
            status.completionTime: Invalid value: "2026-01-01T00:00:00Z": completionTime cannot be set before startTime
        /status/startTime = "2026-01-01T00:00:00Z"
            status.startTime: Required value: startTime cannot be removed for unsuspended job
        /status/completedIndexes = "0,1"
            status.completedIndexes: Invalid value: "0,1": cannot set non-empty completedIndexes when non-indexed completion mode
        /status/completedIndexes = "5"
            status.completedIndexes: Invalid value: "5": error parsing completedIndexes: too large index: "5"
            status.completedIndexes: Invalid value: "5": cannot set non-empty completedIndexes when non-indexed completion mode
        /status/failedIndexes = "1"
            status.failedIndexes: Invalid value: "1": cannot set non-null failedIndexes when backoffLimitPerIndex is null
        /status/uncountedTerminatedPods = {"failed":["a"],"succeeded":["a",""]}
            status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty
            status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"
        /status/ready = 2
            status.ready: Invalid value: 2: cannot set more ready pods than active
        /status/conditions = [{"status":"True","type":"Complete"}]
            status.completionTime: Required value: completionTime is required for Complete jobs
            status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition
            status.active: Invalid value: 1: active>0 is invalid for finished job
        /status/conditions = [{"status":"True","type":"Failed"}]
            status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition
            status.active: Invalid value: 1: active>0 is invalid for finished job
        /status/conditions = [{"status":"True","type":"Failed"},{"status":"True","type":"SuccessCriteriaMet"},{"status":"True","type":"FailureTarget"}]
            status.active: Invalid value: 1: active>0 is invalid for finished job
            status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions
            status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions
        /status/conditions = [{"status":"True","type":"SuccessCriteriaMet"}]
            is fine
    "#]].assert_eq(&refused_changes_of_status(&Job, &running, changes));
}

#[test]
fn a_job_that_is_over_stays_so() {
    let changes = &[
        ("/status/active", json!(1)),
        ("/status/terminating", json!(1)),
        ("/status/conditions", json!([])),
        ("/status/conditions", conditions(&["Complete", "Failed"])),
        ("/status/completionTime", Value::Null),
        ("/status/completionTime", json!("2026-01-02T03:05:00Z")),
        ("/status/startTime", Value::Null),
        ("/status/uncountedTerminatedPods", json!({"failed": ["a"]})),
    ];
    let over = job(json!({"startTime": START, "completionTime": "2026-01-02T03:04:00Z",
        "succeeded": 3, "conditions": conditions(&["SuccessCriteriaMet", "Complete"])}));
    expect![[r#"
        /status/active = 1
            status.active: Invalid value: 1: active>0 is invalid for finished job
        /status/terminating = 1
            status.terminating: Invalid value: 1: terminating>0 is invalid for finished job
        /status/conditions = []
            status.completionTime: Invalid value: "2026-01-02T03:04:00Z": cannot set completionTime when there is no Complete=True condition
            status.conditions: Invalid value: cannot disable the terminal Complete=True condition
            status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition
        /status/conditions = [{"status":"True","type":"Complete"},{"status":"True","type":"Failed"}]
            status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions
            status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition
            status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition
            status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition
        no /status/completionTime
            status.completionTime: Required value: completionTime is required for Complete jobs
        /status/completionTime = "2026-01-02T03:05:00Z"
            status.completionTime: Invalid value: "2026-01-02T03:05:00Z": completionTime cannot be mutated
        no /status/startTime
            status.startTime: Required value: startTime is required for finished job
            status.startTime: Required value: startTime cannot be removed for unsuspended job
        /status/uncountedTerminatedPods = {"failed":["a"]}
            status.uncountedTerminatedPods: Invalid value: {"failed":["a"]}: uncountedTerminatedPods needs to be empty for finished job
    "#]].assert_eq(&refused_changes_of_status(&Job, &over, changes));
}

#[test]
fn a_job_that_is_resumed_starts_anew() {
    const AGAIN: &str = "2026-01-02T04:00:00Z";
    let suspended = job(json!({"startTime": START, "conditions": conditions(&["Suspended"])}));
    let changes = &[
        ("/status/startTime", json!(AGAIN)),
        ("/status", json!({"startTime": AGAIN})),
        (
            "/status",
            json!({"startTime": AGAIN, "conditions": [
            {"type": "Suspended", "status": "False"}]}),
        ),
    ];
    expect![[r#"
        /status/startTime = "2026-01-02T04:00:00Z"
            status.startTime: Required value: startTime cannot be removed for unsuspended job
        /status = {"startTime":"2026-01-02T04:00:00Z"}
            is fine
        /status = {"conditions":[{"status":"False","type":"Suspended"}],"startTime":"2026-01-02T04:00:00Z"}
            is fine
    "#]].assert_eq(&refused_changes_of_status(&Job, &suspended, changes));
}

#[test]
fn a_job_that_wants_nothing_is_over_without_a_start() {
    let ended = conditions(&["SuccessCriteriaMet", "Complete"]);
    let changes = &[("/status", json!({"completionTime": START, "conditions": ended}))];
    let mut nothing = job(json!({}));
    nothing["spec"]["completions"] = json!(0);
    expect![[r#"
        /status = {"completionTime":"2026-01-02T03:00:00Z","conditions":[{"status":"True","type":"SuccessCriteriaMet"},{"status":"True","type":"Complete"}]}
            status.startTime: Required value: startTime is required for finished job
    "#]].assert_eq(&refused_changes_of_status(&Job, &nothing, changes));
    nothing["spec"]["suspend"] = json!(true);
    expect![[r#"
        /status = {"completionTime":"2026-01-02T03:00:00Z","conditions":[{"status":"True","type":"SuccessCriteriaMet"},{"status":"True","type":"Complete"}]}
            is fine
    "#]].assert_eq(&refused_changes_of_status(&Job, &nothing, changes));
}

#[test]
fn what_was_stored_before_it_was_checked_keeps_nobody_from_writing_the_rest() {
    let over = job(json!({"startTime": START, "completionTime": "2026-01-02T03:04:00Z",
        "ready": 1, "terminating": 1, "succeeded": 3, "conditions": conditions(&["Complete"])}));
    let changes = &[("/status/succeeded", json!(4)), ("/status/ready", json!(2))];
    expect![[r"
        /status/succeeded = 4
            is fine
        /status/ready = 2
            status.ready: Invalid value: 2: cannot set more ready pods than active
    "]]
    .assert_eq(&refused_changes_of_status(&Job, &over, changes));
}

#[test]
fn an_index_has_either_failed_or_completed() {
    let mut indexed = job(json!({"startTime": START, "completedIndexes": "0,3-5"}));
    indexed["spec"]["completionMode"] = json!("Indexed");
    indexed["spec"]["completions"] = json!(9);
    indexed["spec"]["backoffLimitPerIndex"] = json!(1);
    let changes = &[
        ("/status/failedIndexes", json!("1-2,6-8")),
        ("/status/failedIndexes", json!("2,4-7")),
        ("/status/failedIndexes", json!("x,0")),
        ("/status/failedIndexes", json!("")),
    ];
    expect![[r#"
        /status/failedIndexes = "1-2,6-8"
            is fine
        /status/failedIndexes = "2,4-7"
            status.failedIndexes: Invalid value: "2,4-7": failedIndexes and completedIndexes overlap at index: 4
        /status/failedIndexes = "x,0"
            status.failedIndexes: Invalid value: "x,0": error parsing failedIndexes: cannot convert string to integer for index: "x"
            status.failedIndexes: Invalid value: "x,0": failedIndexes and completedIndexes overlap at index: 0
        /status/failedIndexes = ""
            is fine
    "#]].assert_eq(&refused_changes_of_status(&Job, &indexed, changes));
}
