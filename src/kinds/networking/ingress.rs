//! Ingress: leads HTTP from outside to services, by host and path.

mod backend;
mod rule;

use machinery::{FieldErrors, names};
use serde_json::{Value, json};

use crate::column::{Column, or_none};
use crate::core::load_balancer;
use crate::fill::set;
use crate::kind::Kind;
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::subresource::Subresource;

/// Leads HTTP from outside to services, by host and path.
#[derive(Debug)]
pub(crate) struct Ingress;

static NAMES: Names = BuiltIn {
    group: "networking.k8s.io",
    version: "v1",
    kind: "Ingress",
    plural: "ingresses",
    singular: "ingress",
    short: &["ing"],
    categories: &[],
}
.names();

/// How ingresses named their class before there was a field for it.
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// More hosts than these are only counted.
const SHOWN_HOSTS: usize = 3;

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Class", "The class of its controller.", |ingress, _| {
        or_none(text(&ingress["spec"], "ingressClassName"))
    }),
    Column::text("Hosts", "The hosts it serves.", |ingress, _| hosts(ingress).into()),
    Column::text("Address", "Where it is reached.", |ingress, _| addresses(ingress).into()),
    Column::text("Ports", "On which ports it is reached.", |ingress, _| {
        let secure = items(&ingress["spec"], "tls").next().is_some();
        if secure { "80, 443" } else { "80" }.into()
    }),
    Column::AGE,
];

impl Kind for Ingress {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.networking.v1.Ingress"
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

    fn prepare_create(&self, ingress: &mut Value) {
        set(ingress, "status", json!({ "loadBalancer": {} }));
    }

    fn validate(&self, ingress: &Value, errors: &FieldErrors) {
        let (spec, path) = (&ingress["spec"], errors.at("spec"));
        let default_backend = &spec["defaultBackend"];
        if default_backend.is_null() && items(spec, "rules").next().is_none() {
            let rules = spec.get("rules").cloned().unwrap_or_else(|| json!([]));
            let detail = "either `defaultBackend` or `rules` must be specified";
            path.invalid("", rules, detail);
        }
        if !default_backend.is_null() {
            backend::validate(default_backend, &path.at("defaultBackend"));
        }
        for (index, rule) in items(spec, "rules").enumerate() {
            rule::validate(rule, &path.at("rules").index(index));
        }
        for (index, tls) in items(spec, "tls").enumerate() {
            let path = path.at("tls").index(index);
            let secret = text(tls, "secretName");
            if !secret.is_empty() {
                path.check("secretName", secret, names::dns1123_subdomain(secret));
            }
            let path = path.at("hosts");
            for (index, host) in items(tls, "hosts").filter_map(Value::as_str).enumerate() {
                rule::validate_host(host, &path.index(index));
            }
        }
        let class = text(spec, "ingressClassName");
        if !spec["ingressClassName"].is_null() {
            path.check("ingressClassName", class, names::dns1123_subdomain(class));
        }
    }

    fn validate_create(&self, ingress: &Value, errors: &FieldErrors) {
        let annotated = ingress["metadata"]["annotations"][CLASS_ANNOTATION].as_str();
        let class = ingress["spec"]["ingressClassName"].as_str();
        if let Some(annotated) =
            annotated.filter(|_| class.is_some_and(|class| annotated != Some(class)))
        {
            let detail = "must match `ingressClassName` when both are specified";
            errors.at("annotations").invalid(CLASS_ANNOTATION, annotated, detail);
        }
    }

    fn validate_status(&self, ingress: &Value, errors: &FieldErrors) {
        load_balancer::validate(ingress, errors, |_, _| {});
    }

    fn creation_warnings(&self, ingress: &Value) -> Vec<String> {
        let annotated = ingress["metadata"]["annotations"].get(CLASS_ANNOTATION).is_some()
            && ingress["spec"]["ingressClassName"].is_null();
        let warning = format!(
            "annotation {CLASS_ANNOTATION:?} is deprecated, please use 'spec.ingressClassName' instead"
        );
        annotated.then_some(warning).into_iter().collect()
    }
}

fn hosts(ingress: &Value) -> String {
    let rules = items(&ingress["spec"], "rules").count();
    let all = items(&ingress["spec"], "rules").map(|rule| text(rule, "host"));
    let shown: Vec<&str> = all.filter(|host| !host.is_empty()).take(SHOWN_HOSTS).collect();
    match (shown.len(), rules.saturating_sub(SHOWN_HOSTS)) {
        (0, _) => "*".to_owned(),
        (SHOWN_HOSTS, more @ 1..) => format!("{} + {more} more...", shown.join(",")),
        _ => shown.join(","),
    }
}

fn addresses(ingress: &Value) -> String {
    let points = items(&ingress["status"]["loadBalancer"], "ingress");
    let name = |point| match text(point, "ip") {
        "" => text(point, "hostname"),
        address => address,
    };
    let mut names: Vec<&str> = points.map(name).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(",")
}

#[cfg(test)]
mod tests;
