//! `MutatingAdmissionPolicy`: expressions that change objects before they are written.

use machinery::FieldErrors;
use serde_json::{Value, json};

use super::validating_admission_policy::{default_constraints, validate_frame};
use crate::choice::one_of;
use crate::column::{Column, UNSET};
use crate::fill::{default, present};
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::required;

/// Expressions that change objects before they are written.
#[derive(Debug)]
pub(crate) struct MutatingAdmissionPolicy;

static NAMES: Names = BuiltIn {
    group: "admissionregistration.k8s.io",
    version: "v1beta1",
    kind: "MutatingAdmissionPolicy",
    plural: "mutatingadmissionpolicies",
    singular: "mutatingadmissionpolicy",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] =
    &[
        Column::NAME,
        Column::number("Mutations", "How many changes it makes.", |policy, _| {
            items(&policy["spec"], "mutations").count().into()
        }),
        Column::text("ParamKind", "What its parameters are.", |policy, _| {
            match &policy["spec"]["paramKind"] {
                Value::Null => UNSET.into(),
                kind => format!("{}/{}", text(kind, "apiVersion"), text(kind, "kind")).into(),
            }
        }),
        Column::AGE,
    ];

/// By the type of a change: the field that says it.
const TYPES: [(&str, &str); 2] =
    [("ApplyConfiguration", "applyConfiguration"), ("JSONPatch", "jsonPatch")];

impl Kind for MutatingAdmissionPolicy {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicy"
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

    fn validate(&self, policy: &Value, errors: &FieldErrors) {
        let (spec, path) = (&policy["spec"], errors.at("spec"));
        validate_frame(spec, &path);
        if text(spec, "reinvocationPolicy").is_empty() {
            path.required("reinvocationPolicy", "");
        } else {
            one_of(spec, "reinvocationPolicy", &["IfNeeded", "Never"], &path);
        }
        required::list(spec, "mutations", "", &path);
        for (index, mutation) in items(spec, "mutations").enumerate() {
            let path = path.at("mutations").index(index);
            let own = text(mutation, "patchType");
            if own.is_empty() {
                path.required("patchType", "");
                continue;
            }
            one_of(mutation, "patchType", &TYPES.map(|(name, _)| name), &path);
            for (name, field) in TYPES {
                let said = text(&mutation[field], "expression").trim();
                if name == own && said.is_empty() {
                    path.at(field).required("expression", "");
                } else if name != own && !mutation[field].is_null() {
                    let detail = format!("must not be specified when patchType is {own}");
                    path.invalid(field, json!(said), &detail);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
