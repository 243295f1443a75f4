//! The vocabulary of the API: one file per kind, and the schema data they rest on.
//!
//! [`KINDS`] lists every built-in kind. The server reads all it needs from [`Kind`]; a kind made at run time is one
//! more implementation. What all kinds share about their metadata is in [`metadata`]; the functions [`validate`],
//! [`validate_update`] and [`validate_status_update`] join it with the kind's own rules.

mod address;
mod admissionregistration;
mod amount;
mod apiextensions;
mod apiregistration;
mod apps;
mod authentication;
mod authorization;
mod autoscaling;
mod batch;
mod certificates;
mod choice;
mod column;
mod condition;
mod coordination;
mod core;
mod custom;
pub mod demand;
mod discovery;
mod domain;
mod events;
pub mod expression;
mod fill;
#[cfg(test)]
mod fixture;
mod flowcontrol;
mod kind;
pub mod metadata;
mod metrics;
mod names;
mod networking;
mod node;
mod number;
mod outdated;
mod policy;
mod port;
mod rbac;
mod read;
#[cfg(test)]
mod readable;
mod required;
mod resource;
mod scale;
mod scheduling;
mod schema;
mod selector;
mod share;
mod status;
mod storage;
mod subresource;
mod tally;

pub use self::core::{has_node_ports, needs_health_check_port};
pub use apiextensions::CLEANUP_FINALIZER;
pub use column::{Cell, Column, ColumnType};
pub use custom::{
    CustomKind, CustomVersion, NamesDecision, Rival, custom_versions, decide_names, set_condition,
};
pub use domain::validate_prefixed_path;
pub use kind::{Conversion, DeletionAnswer, FieldLabel, Kind, Scope, StorageView};
pub use metadata::NameRule;
pub use metrics::METRICS;
pub use names::{Names, Words};
pub use scale::{SCALE_COLUMNS, ScalePaths};
pub use schema::schemas;
pub use subresource::{Subresource, Verb};

use machinery::FieldErrors;
use serde_json::Value;

/// Every built-in kind, groups in the order discovery lists them: clients take the first that fits a short name.
pub static KINDS: &[&dyn Kind] = &[
    &core::Binding,
    &core::ComponentStatus,
    &core::ConfigMap,
    &core::Endpoints,
    &core::Event,
    &core::LimitRange,
    &core::Namespace,
    &core::Node,
    &core::PersistentVolume,
    &core::PersistentVolumeClaim,
    &core::Pod,
    &core::PodTemplate,
    &core::ReplicationController,
    &core::ResourceQuota,
    &core::Secret,
    &core::Service,
    &core::ServiceAccount,
    &apiregistration::APIService,
    &apps::ControllerRevision,
    &apps::DaemonSet,
    &apps::Deployment,
    &apps::ReplicaSet,
    &apps::StatefulSet,
    &events::Event,
    &authentication::SelfSubjectReview,
    &authentication::TokenReview,
    &authorization::LocalSubjectAccessReview,
    &authorization::SelfSubjectAccessReview,
    &authorization::SelfSubjectRulesReview,
    &authorization::SubjectAccessReview,
    &autoscaling::HorizontalPodAutoscaler,
    &autoscaling::HorizontalPodAutoscalerV1,
    &batch::CronJob,
    &batch::Job,
    &certificates::CertificateSigningRequest,
    &networking::Ingress,
    &networking::IngressClass,
    &networking::IPAddress,
    &networking::NetworkPolicy,
    &networking::ServiceCIDR,
    &policy::PodDisruptionBudget,
    &rbac::ClusterRole,
    &rbac::ClusterRoleBinding,
    &rbac::Role,
    &rbac::RoleBinding,
    &storage::CSIDriver,
    &storage::CSINode,
    &storage::CSIStorageCapacity,
    &storage::StorageClass,
    &storage::VolumeAttachment,
    &storage::VolumeAttributesClass,
    &admissionregistration::MutatingWebhookConfiguration,
    &admissionregistration::ValidatingAdmissionPolicy,
    &admissionregistration::ValidatingAdmissionPolicyBinding,
    &admissionregistration::MutatingAdmissionPolicy,
    &admissionregistration::MutatingAdmissionPolicyBinding,
    &admissionregistration::ValidatingWebhookConfiguration,
    &apiextensions::CustomResourceDefinition,
    &scheduling::PriorityClass,
    &coordination::Lease,
    &node::RuntimeClass,
    &discovery::EndpointSlice,
    &resource::DeviceClass,
    &resource::ResourceClaim,
    &resource::ResourceClaimTemplate,
    &resource::ResourceSlice,
    &flowcontrol::FlowSchema,
    &flowcontrol::PriorityLevelConfiguration,
];

/// The built-in kind that paths call `plural`.
pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|kind| {
        let names = kind.names();
        names.plural == plural && names.version == version && names.group == group
    })
}

/// The built-in kind that documents call `kind`.
pub fn find_kind(group: &str, version: &str, kind: &str) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|candidate| {
        let names = candidate.names();
        names.kind == kind && names.version == version && names.group == group
    })
}

/// Checks a new object, its metadata included.
pub fn validate_create(kind: &dyn Kind, object: &Value, errors: &FieldErrors) {
    validate(kind, object, errors);
    kind.validate_create(object, errors);
}

/// Checks an object, new or changed, its metadata included.
pub fn validate(kind: &dyn Kind, object: &Value, errors: &FieldErrors) {
    if !kind.virtual_review() {
        metadata::validate(kind, object, errors);
    }
    kind.validate(object, errors);
}

/// Checks a changed object: as a new one, and what may not change.
pub fn validate_update(kind: &dyn Kind, new: &Value, old: &Value, errors: &FieldErrors) {
    metadata::validate_update(new, old, errors);
    if !kind.virtual_review() {
        metadata::validate(kind, new, errors);
    }
    kind.validate_change(new, old, errors);
}

/// Checks a write to `/status`, which leaves everything else as it was.
pub fn validate_status_update(kind: &dyn Kind, new: &Value, old: &Value, errors: &FieldErrors) {
    metadata::validate_update(new, old, errors);
    metadata::validate(kind, new, errors);
    kind.validate_status_change(new, old, errors);
}

/// Checks a write through another path below the object, such as `/resize`.
pub fn validate_below(kind: &dyn Kind, path: &str, new: &Value, old: &Value, errors: &FieldErrors) {
    metadata::validate_update(new, old, errors);
    kind.validate_below(path, new, old, errors);
}

#[cfg(test)]
mod tests;
