//! `HorizontalPodAutoscaler`: makes a workload as large as its load asks for.

mod behavior;
pub(super) mod metric;
mod targets;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::{Value, json};

use crate::column::{Column, UNSET};
use crate::core::replication_controller::count;
use crate::fill::{default, present, set};
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::number;
use crate::read::{items, text};
use crate::subresource::Subresource;

/// Makes a workload as large as its load asks for.
#[derive(Debug)]
pub(crate) struct HorizontalPodAutoscaler;

static NAMES: Names = BuiltIn {
    group: "autoscaling",
    version: "v2",
    kind: "HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    singular: "horizontalpodautoscaler",
    short: &["hpa"],
    categories: &["all"],
}
.names();

/// Share of the processor time its pods ask for that they should use, unless it says what to watch.
const DEFAULT_UTILIZATION: i64 = 80;

pub(super) static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Reference", "What it scales.", |autoscaler, _| {
        let target = &autoscaler["spec"]["scaleTargetRef"];
        format!("{}/{}", text(target, "kind"), text(target, "name")).into()
    }),
    Column::text("Targets", "What it watches: as it is, and as it should be.", |autoscaler, _| {
        targets::shown(autoscaler).into()
    }),
    Column::text("MinPods", "How few pods there may be.", |autoscaler, _| {
        match &autoscaler["spec"]["minReplicas"] {
            Value::Null => UNSET.into(),
            least => least.to_string().into(),
        }
    }),
    Column::number("MaxPods", "How many pods there may be.", |autoscaler, _| {
        count(&autoscaler["spec"], "maxReplicas")
    }),
    Column::number("Replicas", "How many pods there are.", |autoscaler, _| {
        count(&autoscaler["status"], "currentReplicas")
    }),
    Column::AGE,
];

impl Kind for HorizontalPodAutoscaler {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn set_defaults(&self, autoscaler: &mut Value) {
        let Some(spec) = present(autoscaler, "spec") else { return };
        default(spec, "minReplicas", 1);
        if items(spec, "metrics").next().is_none() {
            set(spec, "metrics", vec![metric::of_processor(DEFAULT_UTILIZATION)]);
        }
        if let Some(behavior) = present(spec, "behavior") {
            behavior::fill(behavior);
        }
    }

    fn prepare_create(&self, autoscaler: &mut Value) {
        set(autoscaler, "status", json!({ "desiredReplicas": 0 }));
    }

    fn validate(&self, autoscaler: &Value, errors: &FieldErrors) {
        let (spec, path) = (&autoscaler["spec"], errors.at("spec"));
        let (least, most) =
            (spec["minReplicas"].as_i64(), spec["maxReplicas"].as_i64().unwrap_or(0));
        if let Some(least) = least.filter(|least| *least < 1) {
            path.invalid("minReplicas", least, "must be greater than or equal to 1");
        }
        if most < 1 {
            path.invalid("maxReplicas", most, "must be greater than 0");
        }
        if least.is_some_and(|least| most < least) {
            path.invalid("maxReplicas", most, "must be greater than or equal to `minReplicas`");
        }
        validate_reference(&spec["scaleTargetRef"], &path.at("scaleTargetRef"));
        for (index, metric) in items(spec, "metrics").enumerate() {
            metric::validate(metric, &path.at("metrics").index(index));
        }
        behavior::validate(&spec["behavior"], &path.at("behavior"));
    }

    fn validate_status(&self, autoscaler: &Value, errors: &FieldErrors) {
        let counts = ["currentReplicas", "desiredReplicas"];
        number::not_negative(&autoscaler["status"], &counts, &errors.at("status"));
    }
}

/// Checks the name of another object.
pub(super) fn validate_reference(reference: &Value, path: &FieldPath<'_>) {
    for field in ["kind", "name"] {
        match text(reference, field) {
            "" => path.required(field, ""),
            value => path.check(field, value, names::path_segment(value)),
        }
    }
    let version = text(reference, "apiVersion");
    match version.split('/').collect::<Vec<_>>().as_slice() {
        [group, _] if !group.is_empty() => {
            path.check("apiVersion", group, names::dns1123_subdomain(group));
        }
        [_] | [_, _] => {}
        _ => {
            let detail = format!("unexpected GroupVersion string: {version}");
            path.invalid("apiVersion", version, &detail);
        }
    }
}

#[cfg(test)]
mod tests;
