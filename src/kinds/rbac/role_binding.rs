//! `RoleBinding`: who has a role in a namespace.

use machinery::FieldErrors;
use serde_json::Value;

use super::binding;
use crate::column::Column;
use crate::kind::{Kind, Scope};
use crate::metadata::NameRule;
use crate::names::{BuiltIn, Names};

/// Who has a role in a namespace.
#[derive(Debug)]
pub(crate) struct RoleBinding;

static NAMES: Names = BuiltIn {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    kind: "RoleBinding",
    plural: "rolebindings",
    singular: "rolebinding",
    short: &[],
    categories: &[],
}
.names();

impl Kind for RoleBinding {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.rbac.v1.RoleBinding"
    }

    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }

    fn columns(&self) -> &[Column] {
        binding::COLUMNS
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn set_defaults(&self, binding: &mut Value) {
        binding::fill(binding);
    }

    fn validate(&self, binding: &Value, errors: &FieldErrors) {
        binding::validate(binding, Scope::Namespaced, errors);
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        binding::validate_update(new, old, errors);
    }
}

#[cfg(test)]
mod tests;
