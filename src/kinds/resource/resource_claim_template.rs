//! `ResourceClaimTemplate`: a claim that is made anew for each pod.

use machinery::FieldErrors;
use serde_json::Value;

use super::request;
use crate::fill::present;
use crate::kind::{DeletionAnswer, Kind};
use crate::metadata;
use crate::names::{BuiltIn, Names};

/// A claim that is made anew for each pod.
#[derive(Debug)]
pub(crate) struct ResourceClaimTemplate;

static NAMES: Names = BuiltIn {
    group: "resource.k8s.io",
    version: "v1",
    kind: "ResourceClaimTemplate",
    plural: "resourceclaimtemplates",
    singular: "resourceclaimtemplate",
    short: &[],
    categories: &[],
}
.names();

impl Kind for ResourceClaimTemplate {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.resource.v1.ResourceClaimTemplate"
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn set_defaults(&self, template: &mut Value) {
        let spec = present(template, "spec").and_then(|spec| present(spec, "spec"));
        if let Some(spec) = spec {
            request::fill(spec);
        }
    }

    fn validate(&self, template: &Value, errors: &FieldErrors) {
        let (spec, path) = (&template["spec"], errors.at("spec"));
        let metadata = &spec["metadata"];
        metadata::labels(&metadata["labels"], &path.at("metadata").at("labels"));
        metadata::annotations(&metadata["annotations"], &path.at("metadata").at("annotations"));
        request::validate(&spec["spec"], &path.at("spec"));
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        errors.root().immutable("spec", new.get("spec"), old.get("spec"));
    }
}

#[cfg(test)]
mod tests;
