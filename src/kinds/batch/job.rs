//! Job: runs pods until enough of them have succeeded.

mod columns;
pub(super) mod defaults;
pub(super) mod failure;
mod generated;
mod indexes;
pub(super) mod spec;
mod status;
mod update;

use machinery::document::scalar_at;
use machinery::{FieldErrors, LabelSelector};
use serde_json::{Value, json};

use crate::column::Column;
use crate::core::pod::template;
use crate::fill::set;
use crate::kind::{FieldLabel, Kind};
use crate::names::{BuiltIn, Names};
use crate::read::text;
use crate::selector;
use crate::subresource::Subresource;

/// Runs pods until enough of them have succeeded.
#[derive(Debug)]
pub(crate) struct Job;

static NAMES: Names = BuiltIn {
    group: "batch",
    version: "v1",
    kind: "Job",
    plural: "jobs",
    singular: "job",
    short: &[],
    categories: &["all"],
}
.names();

static SELECTABLE: &[FieldLabel] =
    &[FieldLabel::new("status.successful", |job| match scalar_at(job, "/status/succeeded") {
        empty if empty.is_empty() => "0".into(),
        count => count,
    })];

/// What people are told whose programs may rely on what a delete does by default.
const ORPHANED: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background \
    to remove them or set propagationPolicy=Orphan to suppress this warning";

impl Kind for Job {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.batch.v1.Job"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        columns::COLUMNS
    }

    fn selectable(&self) -> &[FieldLabel] {
        SELECTABLE
    }

    fn generation(&self) -> bool {
        true
    }

    fn orphans_dependents(&self) -> bool {
        true
    }

    fn deletion_warning(&self) -> Option<&'static str> {
        Some(ORPHANED)
    }

    fn set_defaults(&self, job: &mut Value) {
        defaults::fill(job);
    }

    fn prepare_create(&self, job: &mut Value) {
        generated::fill(job);
        set(job, "status", json!({}));
    }

    fn warnings(&self, workload: &Value) -> Vec<String> {
        let mut told: Vec<String> = spec::warning(&workload["spec"], "spec").into_iter().collect();
        told.extend(template::warnings(workload));
        told
    }

    fn creation_warnings(&self, workload: &Value) -> Vec<String> {
        template::name_warning(workload).into_iter().chain(self.warnings(workload)).collect()
    }

    fn validate(&self, job: &Value, errors: &FieldErrors) {
        let (spec, path) = (&job["spec"], errors.at("spec"));
        generated::validate(job, errors);
        match &spec["selector"] {
            Value::Null => path.required("selector", ""),
            selector => {
                selector::validate(selector, &path.at("selector"));
                let selects = LabelSelector::from_value(selector)
                    .is_ok_and(|selector| selector.matches_object(&spec["template"]));
                if !selects {
                    selector::does_not_match(&spec["template"], &path);
                }
            }
        }
        spec::validate(spec, &path);
        if text(spec, "completionMode") == "Indexed" {
            generated::validate_name(job, errors);
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        update::validate(new, old, errors);
    }

    fn validate_status_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        status::validate(new, old, errors);
    }
}

#[cfg(test)]
mod tests;
