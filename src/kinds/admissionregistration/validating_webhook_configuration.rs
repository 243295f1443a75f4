//! `ValidatingWebhookConfiguration`: services that are asked whether an object may be written.

use machinery::FieldErrors;
use serde_json::Value;

use super::webhook;
use crate::column::Column;
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};

/// Services that are asked whether an object may be written.
#[derive(Debug)]
pub(crate) struct ValidatingWebhookConfiguration;

static NAMES: Names = BuiltIn {
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "ValidatingWebhookConfiguration",
    plural: "validatingwebhookconfigurations",
    singular: "validatingwebhookconfiguration",
    short: &[],
    categories: &[],
}
.names();

impl Kind for ValidatingWebhookConfiguration {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration"
    }

    fn columns(&self) -> &[Column] {
        webhook::COLUMNS
    }

    fn generation(&self) -> bool {
        true
    }

    fn unconditional_update(&self) -> bool {
        false
    }

    fn set_defaults(&self, configuration: &mut Value) {
        webhook::fill_all(configuration);
    }

    fn validate(&self, configuration: &Value, errors: &FieldErrors) {
        webhook::validate_all(configuration, errors);
    }
}

#[cfg(test)]
mod tests;
