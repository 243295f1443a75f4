//! `CronJob`: makes a Job at set times.

mod schedule;

use machinery::{FieldErrors, FieldPath};
use serde_json::{Value, json};

use crate::choice::one_of;
use crate::column::{Column, NONE, UNSET, age, or_none};
use crate::core::pod::template;
use crate::fill::{default, present, set};
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::scale::selector_text;
use crate::subresource::Subresource;
use crate::{metadata, number};

/// Makes a Job at set times.
#[derive(Debug)]
pub(crate) struct CronJob;

static NAMES: Names = BuiltIn {
    group: "batch",
    version: "v1",
    kind: "CronJob",
    plural: "cronjobs",
    singular: "cronjob",
    short: &["cj"],
    categories: &["all"],
}
.names();

/// Finished jobs that are kept to look at.
const SUCCESSFUL_JOBS: i64 = 3;

/// Failed jobs that are kept to look at: the last one says why.
const FAILED_JOBS: i64 = 1;

/// A job's name is this one and eleven characters of the time; both make a label.
const MAX_NAME_BYTES: usize = 52;

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Schedule", "When it makes a job.", |cron_job, _| {
        text(&cron_job["spec"], "schedule").into()
    }),
    Column::text("Timezone", "Whose clock the schedule means.", |cron_job, _| {
        or_none(text(&cron_job["spec"], "timeZone"))
    }),
    Column::flag("Suspend", "Whether it makes no jobs.", |cron_job, _| {
        match cron_job["spec"]["suspend"].as_bool() {
            Some(true) => "True",
            Some(false) => "False",
            None => UNSET,
        }
        .into()
    }),
    Column::number("Active", "How many of its jobs run.", |cron_job, _| {
        items(&cron_job["status"], "active").count().into()
    }),
    Column::text("Last Schedule", "Time since it made a job.", |cron_job, now| {
        match &cron_job["status"]["lastScheduleTime"] {
            Value::Null => NONE.into(),
            time => age(time, now).into(),
        }
    }),
    Column::AGE,
    Column::wide("Containers", "Names of the containers in its template.", |cron_job, _| {
        template::joined(&cron_job["spec"]["jobTemplate"]["spec"]["template"], "name").into()
    }),
    Column::wide("Images", "Images of the containers in its template.", |cron_job, _| {
        template::joined(&cron_job["spec"]["jobTemplate"]["spec"]["template"], "image").into()
    }),
    Column::wide("Selector", "Labels of the pods of its jobs.", |cron_job, _| {
        or_none(&selector_text(&cron_job["spec"]["jobTemplate"]["spec"]["selector"]))
    }),
];

impl Kind for CronJob {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.batch.v1.CronJob"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn generation(&self) -> bool {
        true
    }

    fn set_defaults(&self, cron_job: &mut Value) {
        let Some(spec) = present(cron_job, "spec") else { return };
        default(spec, "concurrencyPolicy", "Allow");
        default(spec, "suspend", false);
        default(spec, "successfulJobsHistoryLimit", SUCCESSFUL_JOBS);
        default(spec, "failedJobsHistoryLimit", FAILED_JOBS);
        let Some(template) = present(spec, "jobTemplate") else { return };
        default(template, "metadata", json!({}));
        if let Some(job) = present(template, "spec") {
            template::fill(job);
            super::job::defaults::failure_policy(job);
        }
    }

    fn prepare_create(&self, cron_job: &mut Value) {
        set(cron_job, "status", json!({}));
    }

    fn warnings(&self, cron_job: &Value) -> Vec<String> {
        let (spec, path) = (&cron_job["spec"]["jobTemplate"]["spec"], "spec.jobTemplate.spec");
        let mut told: Vec<String> = super::job::spec::warning(spec, path).into_iter().collect();
        told.extend(template::warnings_in(spec, path));
        told
    }

    fn creation_warnings(&self, cron_job: &Value) -> Vec<String> {
        template::name_warning(cron_job).into_iter().chain(self.warnings(cron_job)).collect()
    }

    /// A longer name that exists can be changed no more.
    fn validate_create(&self, cron_job: &Value, errors: &FieldErrors) {
        let name = text(&cron_job["metadata"], "name");
        if name.len() > MAX_NAME_BYTES {
            let detail = format!("must be no more than {MAX_NAME_BYTES} characters");
            errors.at("metadata").invalid("name", name, &detail);
        }
    }

    fn validate(&self, cron_job: &Value, errors: &FieldErrors) {
        validate(&cron_job["spec"], &Value::Null, errors);
    }

    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        if new["spec"] != old["spec"] {
            validate(&new["spec"], &old["spec"], errors);
        }
    }
}

/// Checks a spec; what an old one says already is bearable.
fn validate(spec: &Value, old: &Value, errors: &FieldErrors) {
    let path = errors.at("spec");
    validate_schedule(spec, text(old, "schedule").contains("TZ"), &path);
    if old.is_null() || spec["timeZone"] != old["timeZone"] {
        validate_zone(&spec["timeZone"], &path);
    }
    let limits =
        ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"];
    number::not_negative(spec, &limits, &path);
    one_of(spec, "concurrencyPolicy", &["Allow", "Forbid", "Replace"], &path);
    let template = &spec["jobTemplate"];
    let path = path.at("jobTemplate");
    metadata::labels(&template["metadata"]["labels"], &path.at("metadata").at("labels"));
    let (job, path) = (&template["spec"], path.at("spec"));
    if job["manualSelector"] == true {
        path.not_supported("manualSelector", true, &["nil", "false"]);
    }
    if !job["selector"].is_null() {
        path.invalid("selector", job["selector"].clone(), "`selector` will be auto-generated");
    }
    super::job::spec::validate(job, &path);
}

fn validate_schedule(spec: &Value, had_zone: bool, path: &FieldPath<'_>) {
    let schedule = text(spec, "schedule");
    if schedule.is_empty() {
        path.required("schedule", "");
        return;
    }
    if let Err(problem) = schedule::check(schedule) {
        path.invalid("schedule", schedule, &problem);
    }
    let names_zone = schedule.contains("TZ");
    if names_zone && !had_zone {
        let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        path.invalid("schedule", schedule, detail);
    } else if names_zone && !spec["timeZone"].is_null() {
        let detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
        path.invalid("schedule", schedule, detail);
    }
}

fn validate_zone(zone: &Value, path: &FieldPath<'_>) {
    match zone.as_str() {
        Some("") => path.invalid("timeZone", "", "timeZone must be nil or non-empty string"),
        Some(name) if name.eq_ignore_ascii_case("local") => path.invalid(
            "timeZone",
            name,
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
        ),
        Some(name) if jiff::tz::TimeZone::get(name).is_err() => {
            path.invalid("timeZone", name, &format!("unknown time zone {name}"));
        }
        Some(_) | None => {}
    }
}

#[cfg(test)]
mod tests;
