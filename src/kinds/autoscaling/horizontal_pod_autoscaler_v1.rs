//! `HorizontalPodAutoscaler` as version 1 shows it: one number for the processor, the rest in annotations.

mod conversion;

use std::borrow::Cow;

use jiff::Timestamp;
use machinery::FieldErrors;
use serde_json::Value;

use super::horizontal_pod_autoscaler::{self, HorizontalPodAutoscaler};
use crate::column::Column;
use crate::kind::{Conversion, Kind, StorageView};
use crate::names::{BuiltIn, Names};
use crate::subresource::Subresource;
use conversion::{from_stored, to_stored};

/// Makes a workload as large as its load asks for, under the older names.
#[derive(Debug)]
pub(crate) struct HorizontalPodAutoscalerV1;

static NAMES: Names = BuiltIn {
    group: "autoscaling",
    version: "v1",
    kind: "HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    singular: "horizontalpodautoscaler",
    short: &["hpa"],
    categories: &["all"],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Reference", "What it scales.", |autoscaler, now| {
        newer("Reference", autoscaler, now)
    }),
    Column::text(
        "Targets",
        "What it watches: as it is, and as it should be.",
        |autoscaler, now| newer("Targets", autoscaler, now),
    ),
    Column::text("MinPods", "How few pods there may be.", |autoscaler, now| {
        newer("MinPods", autoscaler, now)
    }),
    Column::number("MaxPods", "How many pods there may be.", |autoscaler, now| {
        newer("MaxPods", autoscaler, now)
    }),
    Column::number("Replicas", "How many pods there are.", |autoscaler, now| {
        newer("Replicas", autoscaler, now)
    }),
    Column::AGE,
];

/// The cell of the newer view.
fn newer(column: &str, autoscaler: &Value, now: Timestamp) -> Value {
    let stored = to_stored(autoscaler.clone());
    let column = horizontal_pod_autoscaler::COLUMNS.iter().find(|known| known.name == column);
    column.map_or(Value::Null, |column| column.cell(&stored, now))
}

impl Kind for HorizontalPodAutoscalerV1 {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler"
    }

    fn storage(&self) -> StorageView {
        StorageView {
            prefix: Cow::Owned(NAMES.storage_prefix()),
            conversion: Some(Conversion { to_stored, from_stored }),
        }
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn set_defaults(&self, autoscaler: &mut Value) {
        in_stored_form(autoscaler, |stored| HorizontalPodAutoscaler.set_defaults(stored));
    }

    fn prepare_create(&self, autoscaler: &mut Value) {
        in_stored_form(autoscaler, |stored| HorizontalPodAutoscaler.prepare_create(stored));
    }

    fn prepare_update(&self, new: &mut Value, old: &Value) {
        let old = to_stored(old.clone());
        in_stored_form(new, |stored| HorizontalPodAutoscaler.prepare_update(stored, &old));
    }

    fn prepare_status_update(&self, new: &mut Value, old: &Value) {
        let old = to_stored(old.clone());
        in_stored_form(new, |stored| HorizontalPodAutoscaler.prepare_status_update(stored, &old));
    }

    fn validate(&self, autoscaler: &Value, errors: &FieldErrors) {
        HorizontalPodAutoscaler.validate(&to_stored(autoscaler.clone()), errors);
    }

    /// Much of what an autoscaler does stands in annotations here.
    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let (new, old) = (to_stored(new.clone()), to_stored(old.clone()));
        HorizontalPodAutoscaler.validate_change(&new, &old, errors);
    }

    fn validate_status(&self, autoscaler: &Value, errors: &FieldErrors) {
        HorizontalPodAutoscaler.validate_status(autoscaler, errors);
    }
}

fn in_stored_form(autoscaler: &mut Value, change: impl FnOnce(&mut Value)) {
    let mut stored = to_stored(autoscaler.take());
    change(&mut stored);
    *autoscaler = from_stored(stored);
}

#[cfg(test)]
mod tests;
