//! `MutatingWebhookConfiguration`: services that are asked what to change before an object is written.

use machinery::FieldErrors;
use serde_json::Value;

use super::webhook;
use crate::choice::one_of;
use crate::column::Column;
use crate::fill::{default, items_mut};
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::items;

/// Services that are asked what to change before an object is written.
#[derive(Debug)]
pub(crate) struct MutatingWebhookConfiguration;

static NAMES: Names = BuiltIn {
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "MutatingWebhookConfiguration",
    plural: "mutatingwebhookconfigurations",
    singular: "mutatingwebhookconfiguration",
    short: &[],
    categories: &[],
}
.names();

impl Kind for MutatingWebhookConfiguration {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration"
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
        for hook in items_mut(configuration, "webhooks").filter(|hook| hook.is_object()) {
            default(hook, "reinvocationPolicy", "Never");
        }
    }

    fn validate(&self, configuration: &Value, errors: &FieldErrors) {
        webhook::validate_all(configuration, errors);
        for (index, hook) in items(configuration, "webhooks").enumerate() {
            let path = errors.at("webhooks").index(index);
            one_of(hook, "reinvocationPolicy", &["IfNeeded", "Never"], &path);
        }
    }
}

#[cfg(test)]
mod tests;
