//! Pod: one or more containers that share an address and volumes.

mod annotations;
mod columns;
mod container;
mod defaults;
mod env;
mod ephemeral;
mod gates;
mod label_keys;
mod probe;
mod profiles;
mod qos;
mod resize;
pub(crate) mod resources;
pub(crate) mod scheduling;
mod spec;
mod status;
pub(crate) mod template;
mod update;
pub(crate) mod volume;
mod warnings;

use std::borrow::Cow;

use machinery::FieldErrors;
use machinery::document::{scalar_at, str_at};
use serde_json::{Value, json};

use crate::column::Column;
use crate::fill::{copy, default, default_number, items_mut, present, set};
use crate::kind::{DeletionAnswer, FieldLabel, Kind};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::subresource::Subresource;

/// One or more containers that share an address and volumes.
#[derive(Debug)]
pub(crate) struct Pod;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "Pod",
    plural: "pods",
    singular: "pod",
    short: &["po"],
    categories: &["all"],
}
.names();

static SUBRESOURCES: &[Subresource] = &[
    Subresource::Status,
    Subresource::Binding,
    Subresource::Eviction,
    Subresource::Log,
    Subresource::Exec,
    Subresource::Attach,
    Subresource::PortForward,
    Subresource::Proxy,
    Subresource::EphemeralContainers,
    Subresource::Resize,
];

static SELECTABLE: &[FieldLabel] = &[
    FieldLabel::new("spec.nodeName", |pod| scalar_at(pod, "/spec/nodeName")),
    FieldLabel::new("spec.restartPolicy", |pod| scalar_at(pod, "/spec/restartPolicy")),
    FieldLabel::new("spec.schedulerName", |pod| scalar_at(pod, "/spec/schedulerName")),
    FieldLabel::new("spec.serviceAccountName", |pod| scalar_at(pod, "/spec/serviceAccountName")),
    FieldLabel::new("spec.hostNetwork", |pod| {
        Cow::Borrowed(if pod["spec"]["hostNetwork"] == true { "true" } else { "false" })
    }),
    FieldLabel::new("status.phase", |pod| scalar_at(pod, "/status/phase")),
    FieldLabel::new("status.podIP", |pod| scalar_at(pod, "/status/podIP")),
    FieldLabel::new("status.podIPs", |pod| scalar_at(pod, "/status/podIP")),
    FieldLabel::new("status.nominatedNodeName", |pod| scalar_at(pod, "/status/nominatedNodeName")),
];

impl Kind for Pod {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.Pod"
    }

    fn subresources(&self) -> &[Subresource] {
        SUBRESOURCES
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

    fn generation(&self) -> bool {
        true
    }

    fn set_defaults(&self, pod: &mut Value) {
        if let Some(spec) = present(pod, "spec") {
            defaults::spec(spec);
        }
        defaults::pod(pod);
    }

    fn prepare_create(&self, pod: &mut Value) {
        let class = qos::class(pod);
        set(pod, "status", json!({ "phase": "Pending", "qosClass": class }));
        if gates::hold(pod) {
            set(&mut pod["status"], "conditions", vec![gates::condition()]);
        }
    }

    fn complete(&self, pod: &mut Value) {
        label_keys::merge(pod);
    }

    fn prepare_status_update(&self, new: &mut Value, old: &Value) {
        crate::status::keep_all_but_status(new, old);
        // Kubelets of old sent owners that garbage collection could not read, and so Kubernetes takes none.
        if let Some(metadata) = present(new, "metadata") {
            copy(metadata, "ownerReferences", &old["metadata"]);
        }
        let class = qos::class(new);
        if let Some(status) = present(new, "status") {
            default(status, "qosClass", class);
            status::both_address_fields(status);
            keep_observed_generations(status, &old["status"]);
        }
    }

    fn validate(&self, pod: &Value, errors: &FieldErrors) {
        spec::validate(&pod["spec"], &errors.at("spec"));
        annotations::validate(pod, &Value::Null, errors);
    }

    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        if new["spec"] != old["spec"] {
            spec::validate(&new["spec"], &errors.at("spec"));
        }
        annotations::validate(new, old, errors);
        self.validate_update(new, old, errors);
    }

    fn validate_create(&self, pod: &Value, errors: &FieldErrors) {
        if items(&pod["spec"], "ephemeralContainers").next().is_some() {
            errors.at("spec").forbidden("ephemeralContainers", "cannot be set on create");
        }
        if gates::hold(pod) && !text(&pod["spec"], "nodeName").is_empty() {
            let detail = "cannot be set until all schedulingGates have been cleared";
            errors.at("spec").forbidden("nodeName", detail);
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        update::validate(new, old, errors);
    }

    fn validate_status_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        status::validate(new, old, errors);
    }

    fn prepare_below(&self, path: &str, new: &mut Value, old: &Value) {
        let sent = std::mem::replace(new, old.clone());
        match path {
            "ephemeralcontainers" => ephemeral::take_over(new, &sent),
            _ => resize::take_over(new, &sent),
        }
    }

    fn validate_below(&self, path: &str, new: &Value, old: &Value, errors: &FieldErrors) {
        spec::validate(&new["spec"], &errors.at("spec"));
        match path {
            "ephemeralcontainers" => ephemeral::validate(new, old, errors),
            _ => resize::validate(new, old, errors),
        }
    }

    fn default_grace_seconds(&self, pod: &Value) -> Option<i64> {
        let wanted = pod["spec"]["terminationGracePeriodSeconds"].as_i64();
        Some(warnings::grace_seconds(wanted.unwrap_or(defaults::GRACE_SECONDS)))
    }

    fn warnings(&self, pod: &Value) -> Vec<String> {
        warnings::of(pod)
    }

    /// Controllers change pods far more often than people do.
    fn change_warnings(&self, _new: &Value, _old: &Value) -> Vec<String> {
        Vec::new()
    }

    fn deletes_at_once(&self, pod: &Value) -> bool {
        str_at(pod, "/spec/nodeName").is_empty() || is_terminal(pod)
    }
}

/// The generations that a kubelet saw stay when another writer of the status does not know of them.
fn keep_observed_generations(status: &mut Value, old: &Value) {
    const FIELD: &str = "observedGeneration";
    let keep = |new: &mut Value, old: &Value| {
        if let Some(generation) = old[FIELD].as_i64() {
            default_number(new, FIELD, generation);
        }
    };
    keep(status, old);
    for condition in items_mut(status, "conditions") {
        let kind = text(condition, "type");
        if let Some(old) = items(old, "conditions").find(|old| text(old, "type") == kind) {
            keep(condition, old);
        }
    }
}

/// Whether it only shows what a kubelet runs from a manifest on its machine.
fn is_mirror(pod: &Value) -> bool {
    !pod["metadata"]["annotations"]["kubernetes.io/config.mirror"].is_null()
}

/// Whether its containers ended and will not run again.
fn is_terminal(pod: &Value) -> bool {
    matches!(text(&pod["status"], "phase"), "Succeeded" | "Failed")
}

#[cfg(test)]
mod tests;
