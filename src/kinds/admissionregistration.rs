//! The group `admissionregistration.k8s.io`: who else is asked before an object is written.

mod condition;
mod match_resources;
mod mutating_admission_policy;
mod mutating_admission_policy_binding;
mod mutating_webhook_configuration;
mod rule;
mod validating_admission_policy;
mod validating_admission_policy_binding;
mod validating_webhook_configuration;
mod webhook;

pub(crate) use mutating_admission_policy::MutatingAdmissionPolicy;
pub(crate) use mutating_admission_policy_binding::MutatingAdmissionPolicyBinding;
pub(crate) use mutating_webhook_configuration::MutatingWebhookConfiguration;
pub(crate) use validating_admission_policy::ValidatingAdmissionPolicy;
pub(crate) use validating_admission_policy_binding::ValidatingAdmissionPolicyBinding;
pub(crate) use validating_webhook_configuration::ValidatingWebhookConfiguration;
pub(crate) use webhook::validate_client;
