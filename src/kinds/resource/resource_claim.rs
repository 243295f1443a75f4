//! `ResourceClaim`: a wish for devices.

use machinery::FieldErrors;
use serde_json::{Value, json};

use super::request;
use crate::column::Column;
use crate::fill::{present, set};
use crate::kind::{DeletionAnswer, Kind};
use crate::names::{BuiltIn, Names};
use crate::read::items;
use crate::subresource::Subresource;

/// A wish for devices.
#[derive(Debug)]
pub(crate) struct ResourceClaim;

static NAMES: Names = BuiltIn {
    group: "resource.k8s.io",
    version: "v1",
    kind: "ResourceClaim",
    plural: "resourceclaims",
    singular: "resourceclaim",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("State", "What has become of it.", |claim, _| state(claim).into()),
    Column::AGE,
];

impl Kind for ResourceClaim {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.resource.v1.ResourceClaim"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn set_defaults(&self, claim: &mut Value) {
        if let Some(spec) = present(claim, "spec") {
            request::fill(spec);
        }
    }

    fn prepare_create(&self, claim: &mut Value) {
        set(claim, "status", json!({}));
    }

    fn prepare_status_update(&self, new: &mut Value, old: &Value) {
        crate::status::take_status_alone(new, old);
    }

    fn validate(&self, claim: &Value, errors: &FieldErrors) {
        request::validate(&claim["spec"], &errors.at("spec"));
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        errors.root().immutable("spec", new.get("spec"), old.get("spec"));
    }
}

fn state(claim: &Value) -> String {
    let deleted = !claim["metadata"]["deletionTimestamp"].is_null();
    let status = &claim["status"];
    let mut words = Vec::new();
    if deleted {
        words.push("deleted");
    }
    if !status["allocation"].is_null() {
        words.push("allocated");
        if items(status, "reservedFor").next().is_some() {
            words.push("reserved");
        }
    } else if !deleted {
        words.push("pending");
    }
    words.join(",")
}

#[cfg(test)]
mod tests;
