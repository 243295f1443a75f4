//! Deployment: replaces pods by newer ones, step by step.

mod strategy;

use machinery::FieldErrors;
use serde_json::{Value, json};

use crate::column::Column;
use crate::core::pod::template;
use crate::core::replication_controller::count;
use crate::fill::{copy, default, present, set};
use crate::kind::{Kind, content_changes};
use crate::names::{BuiltIn, Names};
use crate::scale::ScalePaths;
use crate::subresource::Subresource;
use crate::{selector, tally};

/// Replaces pods by newer ones, step by step.
#[derive(Debug)]
pub(crate) struct Deployment;

static NAMES: Names = BuiltIn {
    group: "apps",
    version: "v1",
    kind: "Deployment",
    plural: "deployments",
    singular: "deployment",
    short: &["deploy"],
    categories: &["all"],
}
.names();

/// Old `ReplicaSets` that are kept for rollbacks.
const REVISION_HISTORY: i64 = 10;

/// How long a rollout may make no progress before it counts as failed.
const PROGRESS_SECONDS: i64 = 600;

static SUBRESOURCES: &[Subresource] =
    &[Subresource::Status, Subresource::Scale(ScalePaths::WORKLOAD)];

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Ready", "Pods that are ready, of those wanted.", |deployment, _| {
        let ready = deployment["status"]["readyReplicas"].as_i64().unwrap_or(0);
        let wanted = deployment["spec"]["replicas"].as_i64().unwrap_or(0);
        format!("{ready}/{wanted}").into()
    }),
    Column::number("Up-to-date", "Pods made from the latest template.", |deployment, _| {
        count(&deployment["status"], "updatedReplicas")
    }),
    Column::number("Available", "Pods that have been ready long enough.", |deployment, _| {
        count(&deployment["status"], "availableReplicas")
    }),
    Column::AGE,
    template::CONTAINERS,
    template::IMAGES,
    template::SELECTOR,
];

impl Kind for Deployment {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.apps.v1.Deployment"
    }

    fn subresources(&self) -> &[Subresource] {
        SUBRESOURCES
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn generation(&self) -> bool {
        true
    }

    /// Its sets take over its annotations.
    fn generation_changes(&self, new: &Value, old: &Value) -> bool {
        new["spec"] != old["spec"]
            || new["metadata"]["annotations"] != old["metadata"]["annotations"]
    }

    fn set_defaults(&self, deployment: &mut Value) {
        if let Some(spec) = present(deployment, "spec") {
            default(spec, "replicas", 1);
            default(spec, "revisionHistoryLimit", REVISION_HISTORY);
            default(spec, "progressDeadlineSeconds", PROGRESS_SECONDS);
            strategy::set_defaults(spec);
        }
        template::set_defaults(deployment);
    }

    fn prepare_create(&self, deployment: &mut Value) {
        set(deployment, "status", json!({}));
    }

    fn prepare_status_update(&self, new: &mut Value, old: &Value) {
        crate::status::keep_all_but_status(new, old);
        if let Some(metadata) = present(new, "metadata") {
            copy(metadata, "labels", &old["metadata"]);
        }
    }

    fn warnings(&self, workload: &Value) -> Vec<String> {
        template::warnings(workload)
    }

    fn creation_warnings(&self, workload: &Value) -> Vec<String> {
        template::name_warning(workload).into_iter().chain(self.warnings(workload)).collect()
    }

    fn validate(&self, deployment: &Value, errors: &FieldErrors) {
        validate(deployment, &Value::Null, errors);
    }

    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        if content_changes(new, old) {
            validate(new, old, errors);
        }
        self.validate_update(new, old, errors);
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let (new, old) = (&new["spec"], &old["spec"]);
        errors.at("spec").immutable("selector", new.get("selector"), old.get("selector"));
    }

    fn validate_status_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let counts = [
            "observedGeneration",
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
            "unavailableReplicas",
            "terminatingReplicas",
            "collisionCount",
        ];
        let parts = ["updatedReplicas", "readyReplicas", "availableReplicas"];
        tally::validate(new, &counts, &parts, errors);
        tally::validate_available(new, "readyReplicas", errors);
        tally::validate_collisions(new, old, errors);
    }
}

/// Checks a workload; the template that an old one has already is bearable.
fn validate(deployment: &Value, old: &Value, errors: &FieldErrors) {
    let (spec, path) = (&deployment["spec"], errors.at("spec"));
    template::validate_counts(deployment, &["replicas"], errors);
    selector::validate_of_workload(spec, selector::DEPLOYMENT, &path);
    if template::changes(spec, old) {
        let template = path.at("template");
        template::validate_of_lasting_workload(&spec["template"], "ReplicaSet", &template);
    }
    strategy::validate(&spec["strategy"], &path.at("strategy"));
    let counts = ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"];
    template::validate_counts(deployment, &counts, errors);
    let (deadline, ready) =
        (spec["progressDeadlineSeconds"].as_i64(), spec["minReadySeconds"].as_i64());
    if let Some(deadline) = deadline.filter(|deadline| *deadline <= ready.unwrap_or(0)) {
        path.invalid("progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
    }
}

#[cfg(test)]
mod tests;
