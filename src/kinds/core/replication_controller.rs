//! `ReplicationController`: the ancestor of ReplicaSet, with a plain map of labels as its selector.

use machinery::FieldErrors;
use machinery::document::scalar_at;
use serde_json::{Value, json};

use super::pod::template;
use crate::apps::ReplicaSet;
use crate::column::{Column, NONE};
use crate::fill::{default, present, set};
use crate::kind::{FieldLabel, Kind, content_changes};
use crate::names::{BuiltIn, Names};
use crate::read::is_unset;
use crate::scale::{ScalePaths, labels_text};
use crate::subresource::Subresource;
use crate::{metadata, selector};

/// Keeps a number of identical pods running.
#[derive(Debug)]
pub(crate) struct ReplicationController;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "ReplicationController",
    plural: "replicationcontrollers",
    singular: "replicationcontroller",
    short: &["rc"],
    categories: &["all"],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::number("Desired", "How many pods are wanted.", |rc, _| count(&rc["spec"], "replicas")),
    Column::number("Current", "How many pods there are.", |rc, _| count(&rc["status"], "replicas")),
    Column::number("Ready", "How many pods are ready.", |rc, _| {
        count(&rc["status"], "readyReplicas")
    }),
    Column::AGE,
    template::CONTAINERS,
    template::IMAGES,
    Column::wide("Selector", "Labels of the pods it owns.", |rc, _| {
        match labels_text(&rc["spec"]["selector"]) {
            empty if empty.is_empty() => NONE.into(),
            labels => labels.into(),
        }
    }),
];

static SELECTABLE: &[FieldLabel] =
    &[FieldLabel::new("status.replicas", |rc| match scalar_at(rc, "/status/replicas") {
        empty if empty.is_empty() => "0".into(),
        count => count,
    })];

static SUBRESOURCES: &[Subresource] =
    &[Subresource::Status, Subresource::Scale(ScalePaths::WORKLOAD)];

/// A number of a status or a spec; zero when it is missing.
pub(crate) fn count(parent: &Value, field: &str) -> Value {
    parent[field].as_i64().unwrap_or(0).into()
}

impl Kind for ReplicationController {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.ReplicationController"
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

    fn orphans_dependents(&self) -> bool {
        true
    }

    fn set_defaults(&self, rc: &mut Value) {
        let labels = rc["spec"]["template"]["metadata"]["labels"].clone();
        if let Some(spec) = present(rc, "spec") {
            default(spec, "replicas", 1);
            if is_empty(&spec["selector"]) && !is_empty(&labels) {
                set(spec, "selector", labels.clone());
            }
        }
        if let Some(metadata) = present(rc, "metadata")
            && is_empty(&metadata["labels"])
            && !is_empty(&labels)
        {
            set(metadata, "labels", labels);
        }
        template::set_defaults(rc);
    }

    fn prepare_create(&self, rc: &mut Value) {
        set(rc, "status", json!({ "replicas": 0 }));
    }

    fn warnings(&self, workload: &Value) -> Vec<String> {
        template::warnings(workload)
    }

    fn creation_warnings(&self, workload: &Value) -> Vec<String> {
        template::name_warning(workload).into_iter().chain(self.warnings(workload)).collect()
    }

    fn validate(&self, rc: &Value, errors: &FieldErrors) {
        validate(rc, &Value::Null, errors);
    }

    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        if content_changes(new, old) {
            validate(new, old, errors);
        }
        self.validate_update(new, old, errors);
    }

    fn validate_status(&self, rc: &Value, errors: &FieldErrors) {
        ReplicaSet.validate_status(rc, errors);
    }
}

/// Checks a workload; the template that an old one has already is bearable.
fn validate(rc: &Value, old: &Value, errors: &FieldErrors) {
    let (spec, path) = (&rc["spec"], errors.at("spec"));
    template::validate_counts(rc, &["replicas", "minReadySeconds"], errors);
    if is_empty(&spec["selector"]) {
        path.required("selector", "");
    }
    metadata::labels(&spec["selector"], &path.at("selector"));
    if spec["template"].is_null() {
        path.required("template", "");
        return;
    }
    if !selects(&spec["selector"], &spec["template"]["metadata"]["labels"]) {
        selector::does_not_match(&spec["template"], &path);
    }
    if template::changes(spec, old) {
        let template = path.at("template");
        template::validate_of_lasting_workload(&spec["template"], NAMES.kind.as_ref(), &template);
    }
}

fn is_empty(map: &Value) -> bool {
    is_unset(map) || map.as_object().is_some_and(serde_json::Map::is_empty)
}

fn selects(selector: &Value, labels: &Value) -> bool {
    selector.as_object().into_iter().flatten().all(|(key, value)| labels[key] == *value)
}

#[cfg(test)]
mod tests;
