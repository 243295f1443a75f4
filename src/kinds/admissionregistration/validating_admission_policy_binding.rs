//! `ValidatingAdmissionPolicyBinding`: puts a policy to work, with parameters.

use std::collections::BTreeSet;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::Value;

use super::match_resources;
use crate::choice::one_of;
use crate::column::{Column, UNSET};
use crate::fill::present;
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::scale::selector_text;
use crate::{required, selector};

/// Puts a policy to work, with parameters.
#[derive(Debug)]
pub(crate) struct ValidatingAdmissionPolicyBinding;

static NAMES: Names = BuiltIn {
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "ValidatingAdmissionPolicyBinding",
    plural: "validatingadmissionpolicybindings",
    singular: "validatingadmissionpolicybinding",
    short: &[],
    categories: &[],
}
.names();

const ACTIONS: &[&str] = &["Audit", "Deny", "Warn"];

pub(super) static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("PolicyName", "The policy.", |binding, _| {
        text(&binding["spec"], "policyName").into()
    }),
    Column::text("ParamRef", "Its parameters.", |binding, _| {
        parameters(&binding["spec"]["paramRef"]).into()
    }),
    Column::AGE,
];

impl Kind for ValidatingAdmissionPolicyBinding {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding"
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
        let (spec, path) = (&binding["spec"], errors.at("spec"));
        validate_target(spec, &path);
        validate_actions(spec, &path);
    }
}

/// Fills what is left out of a binding.
pub(super) fn fill(binding: &mut Value) {
    let Some(spec) = present(binding, "spec") else { return };
    if let Some(constraints) = present(spec, "matchResources") {
        match_resources::fill(constraints);
    }
}

/// Checks which policy a binding puts to work, with what and on what.
pub(super) fn validate_target(spec: &Value, path: &FieldPath<'_>) {
    match text(spec, "policyName") {
        "" => path.required("policyName", ""),
        name => path.check("policyName", name, names::dns1123_subdomain(name)),
    }
    if !spec["paramRef"].is_null() {
        validate_parameters(&spec["paramRef"], &path.at("paramRef"));
    }
    if !spec["matchResources"].is_null() {
        match_resources::validate(&spec["matchResources"], &path.at("matchResources"));
    }
}

fn parameters(reference: &Value) -> String {
    if reference.is_null() {
        return UNSET.to_owned();
    }
    let name = match text(reference, "name") {
        "" => selector_text(&reference["selector"]),
        name => name.to_owned(),
    };
    match text(reference, "namespace") {
        "" => name,
        namespace => format!("{namespace}/{name}"),
    }
}

fn validate_parameters(reference: &Value, path: &FieldPath<'_>) {
    let (name, selector) = (text(reference, "name"), &reference["selector"]);
    match (name, selector.is_null()) {
        ("", true) => path.required("", "one of name or selector must be specified"),
        ("", false) => selector::validate(selector, &path.at("selector")),
        (_, false) => path.forbidden("name", "name and selector are mutually exclusive"),
        (name, true) => path.check("name", name, names::dns1123_subdomain(name)),
    }
    let namespace = text(reference, "namespace");
    if !namespace.is_empty() {
        path.check("namespace", namespace, names::dns1123_label(namespace));
    }
    one_of(reference, "parameterNotFoundAction", &["Allow", "Deny"], path);
}

fn validate_actions(spec: &Value, path: &FieldPath<'_>) {
    let mut seen = BTreeSet::new();
    required::list(spec, "validationActions", "", path);
    for (index, action) in items(spec, "validationActions").filter_map(Value::as_str).enumerate() {
        let path = path.at("validationActions").index(index);
        if !ACTIONS.contains(&action) {
            path.not_supported("", action, ACTIONS);
        }
        if !seen.insert(action) {
            path.duplicate("", action);
        }
    }
    if seen.contains("Deny") && seen.contains("Warn") {
        let value = spec["validationActions"].clone();
        let detail = "must not contain both Deny and Warn (repeating the same validation failure information in the \
            API response and headers serves no purpose)";
        path.invalid("validationActions", value, detail);
    }
}

#[cfg(test)]
mod tests;
