//! What puts a policy to work.

use machinery::document;
use serde_json::Value;

use super::super::constraints::Constraints;

/// A binding of a policy.
#[derive(Debug)]
pub(in super::super) struct Binding {
    pub(super) name: Box<str>,
    pub(in super::super) policy: Box<str>,
    /// Narrows what the policy is about.
    pub(super) constraints: Option<Constraints>,
    /// `paramRef`; null when there are no parameters.
    pub(super) parameters: Value,
    pub(super) denies: bool,
    pub(super) warns: bool,
}

impl Binding {
    pub(in super::super) fn read(binding: &Value) -> Self {
        let spec = &binding["spec"];
        let mut actions = document::strs_at(spec, "/validationActions");
        let constraints = spec.get("matchResources").filter(|resources| resources.is_object());
        Self {
            name: document::name(binding).into(),
            policy: document::str_at(spec, "/policyName").into(),
            constraints: constraints
                .and_then(|resources| Constraints::read(resources, "resourceRules").ok())
                .map(Constraints::or_everything),
            parameters: spec["paramRef"].clone(),
            denies: document::strs_at(spec, "/validationActions").any(|action| action == "Deny"),
            warns: actions.any(|action| action == "Warn"),
        }
    }
}
