//! `PodDisruptionBudget`: how many pods of an application may be evicted at a time.

use machinery::FieldErrors;
use serde_json::{Value, json};

use crate::choice::optional_one_of;
use crate::column::Column;
use crate::core::replication_controller::count;
use crate::fill::set;
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::subresource::Subresource;
use crate::{condition, number, selector, share};

/// How many pods of an application may be evicted at a time.
#[derive(Debug)]
pub(crate) struct PodDisruptionBudget;

static NAMES: Names = BuiltIn {
    group: "policy",
    version: "v1",
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    singular: "poddisruptionbudget",
    short: &["pdb"],
    categories: &[],
}
.names();

const POLICIES: &[&str] = &["AlwaysAllow", "IfHealthyBudget"];

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Min Available", "How many pods must stay.", |budget, _| {
        bound(&budget["spec"]["minAvailable"]).into()
    }),
    Column::text("Max Unavailable", "How many pods may be missing.", |budget, _| {
        bound(&budget["spec"]["maxUnavailable"]).into()
    }),
    Column::number("Allowed Disruptions", "How many pods may be evicted now.", |budget, _| {
        count(&budget["status"], "disruptionsAllowed")
    }),
    Column::AGE,
];

impl Kind for PodDisruptionBudget {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.policy.v1.PodDisruptionBudget"
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

    fn unconditional_update(&self) -> bool {
        false
    }

    fn prepare_create(&self, budget: &mut Value) {
        let none = json!({
            "currentHealthy": 0,
            "desiredHealthy": 0,
            "disruptionsAllowed": 0,
            "expectedPods": 0,
        });
        set(budget, "status", none);
    }

    fn validate(&self, budget: &Value, errors: &FieldErrors) {
        let (spec, path) = (&budget["spec"], errors.at("spec"));
        let bounds = ["minAvailable", "maxUnavailable"];
        if bounds.iter().all(|field| !spec[*field].is_null()) {
            let detail = "minAvailable and maxUnavailable cannot be both set";
            path.invalid("", spec.clone(), detail);
        }
        for field in bounds {
            share::validate(&spec[field], field, &path);
            share::validate_at_most_all(&spec[field], field, &path);
        }
        selector::validate(&spec["selector"], &path.at("selector"));
        optional_one_of(spec, "unhealthyPodEvictionPolicy", POLICIES, &path);
    }

    fn validate_status(&self, budget: &Value, errors: &FieldErrors) {
        let (status, path) = (&budget["status"], errors.at("status"));
        condition::validate(status, &path);
        // Under this name people have always been told of it.
        let allowed = &status["disruptionsAllowed"];
        let counts = ["podDisruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"];
        let mut counted = status.clone();
        set(&mut counted, counts[0], allowed.clone());
        number::not_negative(&counted, &counts, &path);
    }
}

fn bound(share: &Value) -> String {
    if share.is_null() { "N/A".to_owned() } else { share::shown(share) }
}

#[cfg(test)]
mod tests;
