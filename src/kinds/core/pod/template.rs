//! The pod template of a workload: the pod it makes, and what the workload's table says about it.

use jiff::Timestamp;
use machinery::{FieldErrors, FieldPath};
use serde_json::{Value, json};

use super::{defaults, spec, warnings};
use crate::column::{Column, NONE};
use crate::fill::{default, present};
use crate::metadata;
use crate::read::{items, text};
use crate::scale;

/// Fills the defaults of the template of a workload.
pub(crate) fn set_defaults(workload: &mut Value) {
    if let Some(spec) = present(workload, "spec") {
        fill(spec);
    }
}

/// Fills the defaults of the template that stands in `parent`.
pub(crate) fn fill(parent: &mut Value) {
    let Some(template) = present(parent, "template") else { return };
    // Never absent in Go, and so in what its clients send.
    default(template, "metadata", json!({}));
    if let Some(spec) = present(template, "spec") {
        defaults::spec(spec);
    }
}

/// What the writer of a workload should be told of its template.
pub(crate) fn warnings(workload: &Value) -> Vec<String> {
    warnings_in(&workload["spec"], "spec")
}

/// What the writer of the template that stands in a spec at `path` should be told.
pub(crate) fn warnings_in(spec: &Value, path: &str) -> Vec<String> {
    let mut told = Vec::new();
    warnings::of_content(&spec["template"], &format!("{path}.template."), &mut told);
    told
}

/// What the creator of a workload should be told of its name, which its pods will bear.
pub(crate) fn name_warning(workload: &Value) -> Option<String> {
    let problem = metadata::label_problem(text(&workload["metadata"], "name"))?;
    Some(format!(
        "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label \
         is recommended: [{problem}]"
    ))
}

/// Checks a template at `path`.
pub(crate) fn validate(template: &Value, path: &FieldPath<'_>) {
    validate_with(template, &path.at("metadata"), path);
}

/// Checks a template at `path` whose metadata is said to be elsewhere.
fn validate_with(template: &Value, metadata: &FieldPath<'_>, path: &FieldPath<'_>) {
    let given = &template["metadata"];
    metadata::labels(&given["labels"], &metadata.at("labels"));
    metadata::annotations(&given["annotations"], &metadata.at("annotations"));
    spec::validate(&template["spec"], &path.at("spec"));
}

/// Whether the template in a spec has to be checked: it is another one than that of the old workload, if there is one.
pub(crate) fn changes(spec: &Value, old: &Value) -> bool {
    old.is_null() || spec["template"] != old["spec"]["template"]
}

/// Checks the template of a workload whose pods always run again, which stands in a spec at `path`.
pub(crate) fn validate_of_lasting_workload(template: &Value, kind: &str, path: &FieldPath<'_>) {
    // What people look for who read of their StatefulSets is this path, wrong as it is.
    let metadata = if kind == "StatefulSet" { path.clone() } else { path.at("metadata") };
    validate_with(template, &metadata, path);
    let (pod, path) = (&template["spec"], path.at("spec"));
    let policy = text(pod, "restartPolicy");
    if !matches!(policy, "Always" | "") {
        path.not_supported("restartPolicy", policy, &["Always"]);
    }
    if !pod["activeDeadlineSeconds"].is_null() {
        let detail = format!("activeDeadlineSeconds in {kind} is not Supported");
        path.forbidden("activeDeadlineSeconds", &detail);
    }
}

/// Checks numbers of a workload's spec that must not be negative.
pub(crate) fn validate_counts(workload: &Value, fields: &[&str], errors: &FieldErrors) {
    for field in fields {
        if workload["spec"][*field].as_i64().is_some_and(|count| count < 0) {
            let value = workload["spec"][*field].clone();
            errors.at("spec").invalid(field, value, "must be greater than or equal to 0");
        }
    }
}

/// The names of the template's containers.
pub(crate) const CONTAINERS: Column =
    Column::wide("Containers", "Names of the containers in its template.", |workload, _| {
        joined(&workload["spec"]["template"], "name").into()
    });

/// The images of the template's containers.
pub(crate) const IMAGES: Column =
    Column::wide("Images", "Images of the containers in its template.", |workload, _| {
        joined(&workload["spec"]["template"], "image").into()
    });

/// What selects the pods.
pub(crate) const SELECTOR: Column =
    Column::wide("Selector", "Labels of the pods it owns.", |workload, _: Timestamp| {
        match scale::selector_text(&workload["spec"]["selector"]) {
            empty if empty.is_empty() => NONE.into(),
            selector => selector.into(),
        }
    });

/// One field of each container of a template.
pub(crate) fn joined(template: &Value, field: &str) -> String {
    let containers = items(&template["spec"], "containers");
    containers.map(|container| text(container, field)).collect::<Vec<_>>().join(",")
}
