//! `MutatingAdmissionPolicyBinding`: puts a policy that changes objects to work, with parameters.

use machinery::FieldErrors;
use serde_json::Value;

use super::validating_admission_policy_binding::{COLUMNS, fill, validate_target};
use crate::column::Column;
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};

/// Puts a policy that changes objects to work, with parameters.
#[derive(Debug)]
pub(crate) struct MutatingAdmissionPolicyBinding;

static NAMES: Names = BuiltIn {
    group: "admissionregistration.k8s.io",
    version: "v1beta1",
    kind: "MutatingAdmissionPolicyBinding",
    plural: "mutatingadmissionpolicybindings",
    singular: "mutatingadmissionpolicybinding",
    short: &[],
    categories: &[],
}
.names();

impl Kind for MutatingAdmissionPolicyBinding {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicyBinding"
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

    fn set_defaults(&self, binding: &mut Value) {
        fill(binding);
    }

    fn validate(&self, binding: &Value, errors: &FieldErrors) {
        validate_target(&binding["spec"], &errors.at("spec"));
    }
}
