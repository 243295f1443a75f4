//! Lease: who leads, and until when.

use machinery::FieldErrors;
use serde_json::Value;

use crate::column::Column;
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::read::text;

/// Who leads, and until when.
#[derive(Debug)]
pub(crate) struct Lease;

static NAMES: Names = BuiltIn {
    group: "coordination.k8s.io",
    version: "v1",
    kind: "Lease",
    plural: "leases",
    singular: "lease",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Holder", "Who holds it.", |lease, _| {
        text(&lease["spec"], "holderIdentity").into()
    }),
    Column::AGE,
];

impl Kind for Lease {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.coordination.v1.Lease"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn unconditional_update(&self) -> bool {
        false
    }

    fn validate(&self, lease: &Value, errors: &FieldErrors) {
        let (spec, path) = (&lease["spec"], errors.at("spec"));
        if let Some(seconds) = spec["leaseDurationSeconds"].as_i64().filter(|seconds| *seconds <= 0)
        {
            path.invalid("leaseDurationSeconds", seconds, "must be greater than 0");
        }
        if let Some(count) = spec["leaseTransitions"].as_i64().filter(|count| *count < 0) {
            path.invalid("leaseTransitions", count, "must be greater than or equal to 0");
        }
    }
}

#[cfg(test)]
mod tests;
