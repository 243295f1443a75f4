//! ReplicaSet: keeps a number of identical pods running.

use machinery::FieldErrors;
use machinery::document::scalar_at;
use serde_json::{Value, json};

use crate::column::Column;
use crate::core::pod::template;
use crate::core::replication_controller::count;
use crate::fill::{default, present, set};
use crate::kind::{FieldLabel, Kind, content_changes};
use crate::names::{BuiltIn, Names};
use crate::scale::ScalePaths;
use crate::subresource::Subresource;
use crate::{selector, tally};

/// Keeps a number of identical pods running.
#[derive(Debug)]
pub(crate) struct ReplicaSet;

static NAMES: Names = BuiltIn {
    group: "apps",
    version: "v1",
    kind: "ReplicaSet",
    plural: "replicasets",
    singular: "replicaset",
    short: &["rs"],
    categories: &["all"],
}
.names();

static SUBRESOURCES: &[Subresource] =
    &[Subresource::Status, Subresource::Scale(ScalePaths::WORKLOAD)];

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::number("Desired", "How many pods are wanted.", |set, _| {
        count(&set["spec"], "replicas")
    }),
    Column::number("Current", "How many pods there are.", |set, _| {
        count(&set["status"], "replicas")
    }),
    Column::number("Ready", "How many pods are ready.", |set, _| {
        count(&set["status"], "readyReplicas")
    }),
    Column::AGE,
    template::CONTAINERS,
    template::IMAGES,
    template::SELECTOR,
];

static SELECTABLE: &[FieldLabel] =
    &[FieldLabel::new("status.replicas", |set| match scalar_at(set, "/status/replicas") {
        empty if empty.is_empty() => "0".into(),
        count => count,
    })];

impl Kind for ReplicaSet {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.apps.v1.ReplicaSet"
    }

    fn subresources(&self) -> &[Subresource] {
        SUBRESOURCES
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn selectable(&self) -> &[FieldLabel] {
        SELECTABLE
    }

    fn generation(&self) -> bool {
        true
    }

    fn set_defaults(&self, replica_set: &mut Value) {
        if let Some(spec) = present(replica_set, "spec") {
            default(spec, "replicas", 1);
        }
        template::set_defaults(replica_set);
    }

    fn prepare_create(&self, replica_set: &mut Value) {
        set(replica_set, "status", json!({ "replicas": 0 }));
    }

    fn warnings(&self, workload: &Value) -> Vec<String> {
        template::warnings(workload)
    }

    fn creation_warnings(&self, workload: &Value) -> Vec<String> {
        template::name_warning(workload).into_iter().chain(self.warnings(workload)).collect()
    }

    fn validate(&self, replica_set: &Value, errors: &FieldErrors) {
        validate(replica_set, &Value::Null, errors);
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

    fn validate_status(&self, set: &Value, errors: &FieldErrors) {
        let counts = [
            "replicas",
            "fullyLabeledReplicas",
            "readyReplicas",
            "availableReplicas",
            "terminatingReplicas",
            "observedGeneration",
        ];
        let parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];
        tally::validate(set, &counts, &parts, errors);
        tally::validate_available(set, "readyReplicas", errors);
    }
}

/// Checks a workload; the template that an old one has already is bearable.
fn validate(replica_set: &Value, old: &Value, errors: &FieldErrors) {
    let (spec, path) = (&replica_set["spec"], errors.at("spec"));
    template::validate_counts(replica_set, &["replicas", "minReadySeconds"], errors);
    selector::validate_of_workload(spec, selector::DEPLOYMENT, &path);
    if template::changes(spec, old) {
        let template = path.at("template");
        template::validate_of_lasting_workload(&spec["template"], "ReplicaSet", &template);
    }
}

#[cfg(test)]
mod tests;
