//! `ValidatingAdmissionPolicy`: expressions that must hold for an object to be written.

mod expression;

use machinery::{FieldErrors, FieldPath};
use serde_json::{Value, json};

use super::{condition, match_resources};
use crate::choice::one_of;
use crate::column::{Column, UNSET};
use crate::fill::{default, present, set};
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::required;
use crate::subresource::Subresource;

/// Expressions that must hold for an object to be written.
#[derive(Debug)]
pub(crate) struct ValidatingAdmissionPolicy;

static NAMES: Names = BuiltIn {
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "ValidatingAdmissionPolicy",
    plural: "validatingadmissionpolicies",
    singular: "validatingadmissionpolicy",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] =
    &[
        Column::NAME,
        Column::number("Validations", "How many expressions must hold.", |policy, _| {
            items(&policy["spec"], "validations").count().into()
        }),
        Column::text("ParamKind", "What its parameters are.", |policy, _| {
            match &policy["spec"]["paramKind"] {
                Value::Null => UNSET.into(),
                kind => format!("{}/{}", text(kind, "apiVersion"), text(kind, "kind")).into(),
            }
        }),
        Column::AGE,
    ];

impl Kind for ValidatingAdmissionPolicy {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy"
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

    fn set_defaults(&self, policy: &mut Value) {
        let Some(spec) = present(policy, "spec") else { return };
        default(spec, "failurePolicy", "Fail");
        default_constraints(spec);
    }

    fn prepare_create(&self, policy: &mut Value) {
        set(policy, "status", json!({}));
    }

    fn status_goes_alone(&self) -> bool {
        true
    }

    fn validate(&self, policy: &Value, errors: &FieldErrors) {
        let (spec, path) = (&policy["spec"], errors.at("spec"));
        validate_frame(spec, &path);
        expression::validate_all(spec, &path);
    }
}

/// Fills what is left out of the constraints of a policy.
pub(super) fn default_constraints(spec: &mut Value) {
    if let Some(constraints) = present(spec, "matchConstraints") {
        match_resources::fill(constraints);
    }
}

/// Checks what every sort of policy has.
pub(super) fn validate_frame(spec: &Value, path: &FieldPath<'_>) {
    one_of(spec, "failurePolicy", &["Fail", "Ignore"], path);
    let kind = &spec["paramKind"];
    if !kind.is_null() {
        required::fields(kind, &["apiVersion", "kind"], &path.at("paramKind"));
    }
    match &spec["matchConstraints"] {
        Value::Null => path.required("matchConstraints", ""),
        constraints => {
            let path = path.at("matchConstraints");
            match_resources::validate(constraints, &path);
            required::list(constraints, "resourceRules", "", &path);
        }
    }
    condition::validate_all(spec, path);
    expression::validate_variables(spec, &path.at("variables"));
}

#[cfg(test)]
mod tests;
