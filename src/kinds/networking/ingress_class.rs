//! `IngressClass`: who serves an Ingress.

use machinery::{FieldErrors, FieldPath, names};
use serde_json::Value;

use crate::column::{Column, NONE};
use crate::domain;
use crate::fill::{default, present};
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::text;

/// Who serves an Ingress.
#[derive(Debug)]
pub(crate) struct IngressClass;

static NAMES: Names = BuiltIn {
    group: "networking.k8s.io",
    version: "v1",
    kind: "IngressClass",
    plural: "ingressclasses",
    singular: "ingressclass",
    short: &[],
    categories: &[],
}
.names();

/// Room for a domain and a path.
const MAX_CONTROLLER_BYTES: usize = 250;

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Controller", "Who serves the class.", |class, _| {
        text(&class["spec"], "controller").into()
    }),
    Column::text("Parameters", "Where its settings are.", |class, _| {
        parameters(&class["spec"]["parameters"]).into()
    }),
    Column::AGE,
];

impl Kind for IngressClass {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.networking.v1.IngressClass"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn generation(&self) -> bool {
        true
    }

    fn set_defaults(&self, class: &mut Value) {
        let parameters = present(class, "spec").and_then(|spec| present(spec, "parameters"));
        if let Some(parameters) = parameters {
            default(parameters, "scope", "Cluster");
        }
    }

    fn validate(&self, class: &Value, errors: &FieldErrors) {
        let (spec, path) = (&class["spec"], errors.at("spec"));
        let controller = text(spec, "controller");
        domain::validate_prefixed_path(controller, "controller", &path);
        if controller.len() > MAX_CONTROLLER_BYTES {
            path.too_long("controller", MAX_CONTROLLER_BYTES);
        }
        if !spec["parameters"].is_null() {
            validate_parameters(&spec["parameters"], &path.at("parameters"));
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let (new, old) = (&new["spec"], &old["spec"]);
        errors.at("spec").immutable("controller", new.get("controller"), old.get("controller"));
    }
}

fn parameters(reference: &Value) -> String {
    if reference.is_null() {
        return NONE.to_owned();
    }
    let (kind, name) = (text(reference, "kind"), text(reference, "name"));
    match text(reference, "apiGroup") {
        "" => format!("{kind}/{name}"),
        group => format!("{kind}.{group}/{name}"),
    }
}

fn validate_parameters(reference: &Value, path: &FieldPath<'_>) {
    let group = text(reference, "apiGroup");
    if !group.is_empty() {
        path.check("apiGroup", group, names::dns1123_subdomain(group));
    }
    for (field, detail) in [("kind", "kind is required"), ("name", "name is required")] {
        match text(reference, field) {
            "" => path.required(field, detail),
            value => path.check(field, value, names::path_segment(value)),
        }
    }
    let namespace = text(reference, "namespace");
    match text(reference, "scope") {
        "" => path.required("scope", ""),
        "Namespace" if namespace.is_empty() => {
            path.required("namespace", "`parameters.scope` is set to 'Namespace'");
        }
        "Namespace" => path.check("namespace", namespace, names::dns1123_label(namespace)),
        "Cluster" if !namespace.is_empty() => {
            path.forbidden("namespace", "`parameters.scope` is set to 'Cluster'");
        }
        "Cluster" => {}
        other => path.not_supported("scope", other, &["Cluster", "Namespace"]),
    }
}

#[cfg(test)]
mod tests;
