//! Service: one address for many pods.

mod columns;
mod defaults;
mod update;
mod validation;
mod warnings;

use machinery::FieldErrors;
use machinery::document::scalar_at;
use serde_json::{Value, json};

use super::load_balancer;
use crate::column::Column;
use crate::fill::set;
use crate::kind::{DeletionAnswer, FieldLabel, Kind};
use crate::metadata::NameRule;
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::subresource::Subresource;

/// One address for many pods.
#[derive(Debug)]
pub(crate) struct Service;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "Service",
    plural: "services",
    singular: "service",
    short: &["svc"],
    categories: &["all"],
}
.names();

static SELECTABLE: &[FieldLabel] = &[
    FieldLabel::new("spec.clusterIP", |service| scalar_at(service, "/spec/clusterIP")),
    FieldLabel::new("spec.type", |service| scalar_at(service, "/spec/type")),
];

impl Kind for Service {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.Service"
    }

    fn name_rule(&self) -> NameRule {
        NameRule::LetterLabel
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status, Subresource::Proxy]
    }

    fn columns(&self) -> &[Column] {
        columns::COLUMNS
    }

    fn selectable(&self) -> &[FieldLabel] {
        SELECTABLE
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn create_on_update(&self) -> bool {
        true
    }

    fn set_defaults(&self, service: &mut Value) {
        defaults::fill(service);
    }

    /// The server allocates addresses and node ports after this and before the checks.
    fn prepare_create(&self, service: &mut Value) {
        set(service, "status", json!({ "loadBalancer": {} }));
    }

    fn prepare_update(&self, new: &mut Value, old: &Value) {
        update::keep_allocated(new, old);
    }

    fn validate(&self, service: &Value, errors: &FieldErrors) {
        validation::validate(&service["spec"], &Value::Null, &errors.at("spec"));
    }

    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        if new["spec"] != old["spec"] {
            validation::validate(&new["spec"], &old["spec"], &errors.at("spec"));
        }
        self.validate_update(new, old, errors);
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        update::validate(&new["spec"], &old["spec"], errors);
    }

    fn warnings(&self, service: &Value) -> Vec<String> {
        warnings::of(service)
    }

    fn validate_status(&self, service: &Value, errors: &FieldErrors) {
        let balancer = &service["status"]["loadBalancer"];
        if text(&service["spec"], "type") == "LoadBalancer" {
            load_balancer::validate(service, errors, validation::validate_ip_mode);
        } else if items(balancer, "ingress").next().is_some() {
            let detail = "may only be used when `spec.type` is LoadBalancer";
            errors.at("status").at("loadBalancer").forbidden("ingress", detail);
        }
    }
}

fn has_cluster_address(spec: &Value) -> bool {
    text(spec, "type") != "ExternalName"
}

/// Whether the ports of a Service of this form are given node ports.
pub fn has_node_ports(spec: &Value) -> bool {
    match text(spec, "type") {
        "NodePort" => true,
        "LoadBalancer" => spec["allocateLoadBalancerNodePorts"] != false,
        _ => false,
    }
}

/// Whether a load balancer must ask the nodes which of them have pods of the Service.
pub fn needs_health_check_port(spec: &Value) -> bool {
    text(spec, "type") == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local"
}

fn is_reached_from_outside(spec: &Value) -> bool {
    matches!(text(spec, "type"), "NodePort" | "LoadBalancer")
        || spec["externalIPs"].as_array().is_some_and(|addresses| !addresses.is_empty())
}

#[cfg(test)]
mod tests;
