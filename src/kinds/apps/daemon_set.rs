//! `DaemonSet`: one pod on each node.

use machinery::{FieldErrors, FieldPath};
use serde_json::{Value, json};

use crate::column::{Column, or_none};
use crate::core::pod::template;
use crate::core::replication_controller::count;
use crate::fill::{copy, default, object, present, set};
use crate::kind::{Kind, content_changes};
use crate::names::{BuiltIn, Names};
use crate::read::text;
use crate::scale::labels_text;
use crate::subresource::Subresource;
use crate::{number, selector, share, tally};

/// One pod on each node.
#[derive(Debug)]
pub(crate) struct DaemonSet;

static NAMES: Names = BuiltIn {
    group: "apps",
    version: "v1",
    kind: "DaemonSet",
    plural: "daemonsets",
    singular: "daemonset",
    short: &["ds"],
    categories: &["all"],
}
.names();

/// Where the first versions' field went.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Old revisions that are kept for rollbacks.
const REVISION_HISTORY: i64 = 10;

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::number("Desired", "How many nodes should run the pod.", |set, _| {
        count(&set["status"], "desiredNumberScheduled")
    }),
    Column::number("Current", "How many nodes run the pod and should.", |set, _| {
        count(&set["status"], "currentNumberScheduled")
    }),
    Column::number("Ready", "How many of its pods are ready.", |set, _| {
        count(&set["status"], "numberReady")
    }),
    Column::number("Up-to-date", "How many nodes run the latest template.", |set, _| {
        count(&set["status"], "updatedNumberScheduled")
    }),
    Column::number("Available", "How many of its pods have been ready long enough.", |set, _| {
        count(&set["status"], "numberAvailable")
    }),
    Column::text("Node Selector", "Labels of the nodes it runs on.", |set, _| {
        or_none(&labels_text(&set["spec"]["template"]["spec"]["nodeSelector"]))
    }),
    Column::AGE,
    template::CONTAINERS,
    template::IMAGES,
    template::SELECTOR,
];

impl Kind for DaemonSet {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.apps.v1.DaemonSet"
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

    fn set_defaults(&self, daemon_set: &mut Value) {
        if let Some(spec) = present(daemon_set, "spec") {
            default(spec, "revisionHistoryLimit", REVISION_HISTORY);
            fill_strategy(spec);
        }
        template::set_defaults(daemon_set);
    }

    fn prepare_create(&self, daemon_set: &mut Value) {
        let none = json!({
            "currentNumberScheduled": 0,
            "desiredNumberScheduled": 0,
            "numberMisscheduled": 0,
            "numberReady": 0,
        });
        set(daemon_set, "status", none);
        let given = template_generation(daemon_set);
        set_template_generation(daemon_set, given.max(1));
    }

    fn prepare_update(&self, new: &mut Value, old: &Value) {
        copy(new, "status", old);
        let changed = new["spec"]["template"] != old["spec"]["template"];
        // The first number is its writer's, and may be the largest there is.
        let generation = template_generation(old).max(1).saturating_add(i64::from(changed));
        set_template_generation(new, generation);
    }

    fn prepare_status_update(&self, new: &mut Value, old: &Value) {
        crate::status::keep_all_but_status(new, old);
        set_template_generation(new, template_generation(old).max(1));
    }

    fn warnings(&self, workload: &Value) -> Vec<String> {
        template::warnings(workload)
    }

    fn validate(&self, daemon_set: &Value, errors: &FieldErrors) {
        validate(daemon_set, &Value::Null, errors);
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
            "currentNumberScheduled",
            "numberMisscheduled",
            "desiredNumberScheduled",
            "numberReady",
            "observedGeneration",
            "updatedNumberScheduled",
            "numberAvailable",
            "numberUnavailable",
            "collisionCount",
        ];
        number::not_negative(&new["status"], &counts, &errors.at("status"));
        tally::validate_collisions(new, old, errors);
    }
}

/// Checks a workload; the template that an old one has already is bearable.
fn validate(daemon_set: &Value, old: &Value, errors: &FieldErrors) {
    let (spec, path) = (&daemon_set["spec"], errors.at("spec"));
    number::not_negative(spec, &["minReadySeconds", "revisionHistoryLimit"], &path);
    selector::validate_of_workload(spec, selector::DAEMON_SET, &path);
    if template::changes(spec, old) {
        let template = path.at("template");
        template::validate_of_lasting_workload(&spec["template"], "DaemonSet", &template);
    }
    validate_strategy(&spec["updateStrategy"], &path.at("updateStrategy"));
}

/// How often the template has changed, as the first versions of the kind counted in a field.
fn template_generation(daemon_set: &Value) -> i64 {
    let annotation = &daemon_set["metadata"]["annotations"][TEMPLATE_GENERATION];
    annotation.as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn set_template_generation(daemon_set: &mut Value, generation: i64) {
    let metadata = object(daemon_set, "metadata");
    if let Some(annotations) = metadata.and_then(|metadata| object(metadata, "annotations")) {
        set(annotations, TEMPLATE_GENERATION, generation.to_string());
    }
}

fn fill_strategy(spec: &mut Value) {
    let Some(strategy) = object(spec, "updateStrategy") else { return };
    default(strategy, "type", "RollingUpdate");
    if text(strategy, "type") != "RollingUpdate" {
        return;
    }
    if let Some(rolling) = object(strategy, "rollingUpdate") {
        default(rolling, "maxUnavailable", 1);
        default(rolling, "maxSurge", 0);
    }
}

fn validate_strategy(strategy: &Value, path: &FieldPath<'_>) {
    let rolling = &strategy["rollingUpdate"];
    match text(strategy, "type") {
        "OnDelete" => {}
        "RollingUpdate" if rolling.is_null() => path.required("rollingUpdate", ""),
        "RollingUpdate" => validate_rolling(rolling, &path.at("rollingUpdate")),
        _ => path.not_supported("", strategy.clone(), &["OnDelete", "RollingUpdate"]),
    }
}

fn validate_rolling(rolling: &Value, path: &FieldPath<'_>) {
    let (unavailable, surge) = (&rolling["maxUnavailable"], &rolling["maxSurge"]);
    for (share, field) in [(unavailable, "maxUnavailable"), (surge, "maxSurge")] {
        share::validate(share, field, path);
        share::validate_at_most_all(share, field, path);
    }
    match (share::number(unavailable), share::number(surge)) {
        (0, 0) => path.required("maxUnavailable", "cannot be 0 when maxSurge is 0"),
        (0, _) | (_, 0) => {}
        _ => path.invalid(
            "maxSurge",
            surge.clone(),
            "may not be set when maxUnavailable is non-zero",
        ),
    }
}

#[cfg(test)]
mod tests;
