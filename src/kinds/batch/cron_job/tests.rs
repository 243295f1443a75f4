#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::expect;
use serde_json::{Value, json};

use super::CronJob;
use crate::fixture::{admitted, problems, refusals, refused_updates, row, with};

fn valid() -> Value {
    json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"schedule": "0 3 * * *", "timeZone": "UTC",
        "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "b:1"}],
        "restartPolicy": "OnFailure"}}}}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/schedule", json!("every day")),
        ("/spec/schedule", json!("60 * * * *")),
        ("/spec/schedule", json!("@noon")),
        ("/spec/schedule", json!("TZ=UTC 0 3 * * *")),
        ("/spec/timeZone", json!("")),
        ("/spec/timeZone", json!("Local")),
        ("/spec/timeZone", json!("Moon/Base")),
        ("/spec/concurrencyPolicy", json!("Magic")),
        ("/spec/concurrencyPolicy", json!("")),
        ("/spec/startingDeadlineSeconds", json!(-1)),
        ("/spec/failedJobsHistoryLimit", json!(-1)),
        ("/spec/jobTemplate/spec/template/spec/restartPolicy", json!("Always")),
        ("/spec/jobTemplate/spec/selector", json!({"matchLabels": {"a": "b"}})),
        ("/spec/jobTemplate/spec/manualSelector", json!(true)),
        ("/spec/schedule", json!("CRON_TZ=Moon/Base 0 3 * * *")),
    ];
    expect![[r#"
        no /spec/jobTemplate
            spec.jobTemplate.spec.template.spec.containers: Required value
            spec.jobTemplate.spec.template.spec.restartPolicy: Required value
            spec.jobTemplate.spec.template.spec.dnsPolicy: Required value
            spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"
        no /spec/schedule
            spec.schedule: Required value
        /spec/schedule = "every day"
            spec.schedule: Invalid value: "every day": expected exactly 5 fields, found 2: [every day]
        /spec/schedule = "60 * * * *"
            spec.schedule: Invalid value: "60 * * * *": end of range (60) above maximum (59): 60
        /spec/schedule = "@noon"
            spec.schedule: Invalid value: "@noon": unrecognized descriptor: @noon
        /spec/schedule = "TZ=UTC 0 3 * * *"
            spec.schedule: Invalid value: "TZ=UTC 0 3 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead
        /spec/timeZone = ""
            spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string
        /spec/timeZone = "Local"
            spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones
        /spec/timeZone = "Moon/Base"
            spec.timeZone: Invalid value: "Moon/Base": unknown time zone Moon/Base
        /spec/concurrencyPolicy = "Magic"
            spec.concurrencyPolicy: Unsupported value: "Magic": supported values: "Allow", "Forbid", "Replace"
        /spec/concurrencyPolicy = ""
            spec.concurrencyPolicy: Required value
        /spec/startingDeadlineSeconds = -1
            spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0
        /spec/failedJobsHistoryLimit = -1
            spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0
        /spec/jobTemplate/spec/template/spec/restartPolicy = "Always"
            spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"
        /spec/jobTemplate/spec/selector = {"matchLabels":{"a":"b"}}
            spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated
        /spec/jobTemplate/spec/manualSelector = true
            spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "false", "nil"
        /spec/schedule = "CRON_TZ=Moon/Base 0 3 * * *"
            spec.schedule: Invalid value: "CRON_TZ=Moon/Base 0 3 * * *": provided bad location Moon/Base: unknown time zone Moon/Base
            spec.schedule: Invalid value: "CRON_TZ=Moon/Base 0 3 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead
    "#]].assert_eq(&refusals(&CronJob, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&CronJob, valid());
    object["status"] =
        json!({"active": [{"name": "a"}], "lastScheduleTime": "2026-01-02T03:00:00Z"});
    expect![[r"
        Name: nightly
        Schedule: 0 3 * * *
        Timezone: UTC
        Suspend: False
        Active: 1
        Last Schedule: 4m5s
        Age: 4m5s
        | Containers: a
        | Images: b:1
        | Selector: <none>
    "]]
    .assert_eq(&row(&CronJob, &object));
}

#[test]
fn a_condition_of_a_failure_policy_is_meant_to_be_true() {
    let mut job = valid();
    let spec = &mut job["spec"]["jobTemplate"]["spec"];
    spec["template"]["spec"]["restartPolicy"] = json!("Never");
    spec["podFailurePolicy"] = json!({"rules": [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]},
    ]});
    let job = admitted(&CronJob, job);
    let policy = &job["spec"]["jobTemplate"]["spec"]["podFailurePolicy"];
    assert_eq!(policy["rules"][0]["onPodConditions"][0]["status"], "True");
    assert_eq!(problems(&CronJob, &job), "");
}

#[test]
fn a_name_leaves_room_for_the_times_of_jobs() {
    let long = with(&valid(), "/metadata/name", json!("n".repeat(53)));
    let errors = machinery::FieldErrors::new();
    crate::validate_create(&CronJob, &admitted(&CronJob, long.clone()), &errors);
    let said = errors.to_string();
    assert!(said.ends_with("must be no more than 52 characters"), "{said}");
    expect![[r#"
        /spec/suspend = true
            is fine
    "#]]
    .assert_eq(&refused_updates(&CronJob, &long, &[("/spec/suspend", json!(true))]));
}

#[test]
fn a_schedule_that_named_its_zone_before_may_go_on() {
    let mut old = valid();
    old["spec"]["schedule"] = json!("TZ=UTC 0 3 * * *");
    old["spec"]["timeZone"].take();
    let changes = &[
        ("/spec/schedule", json!("TZ=UTC 0 4 * * *")),
        ("/spec/timeZone", json!("UTC")),
        ("/spec/timeZone", json!("Moon/Base")),
    ];
    expect![[r#"
        /spec/schedule = "TZ=UTC 0 4 * * *"
            is fine
        /spec/timeZone = "UTC"
            spec.schedule: Invalid value: "TZ=UTC 0 3 * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule
        /spec/timeZone = "Moon/Base"
            spec.schedule: Invalid value: "TZ=UTC 0 3 * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule
            spec.timeZone: Invalid value: "Moon/Base": unknown time zone Moon/Base
    "#]].assert_eq(&refused_updates(&CronJob, &old, changes));
    expect![[r#"
        /spec/schedule = "TZ=UTC 0 4 * * *"
            spec.schedule: Invalid value: "TZ=UTC 0 4 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead
    "#]].assert_eq(&refused_updates(&CronJob, &valid(), &changes[..1]));
}
