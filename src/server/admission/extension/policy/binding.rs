//! What puts a policy to work.

use machinery::document;
use serde_json::Value;

use super::super::constraints::Constraints;
use super::super::meters::Action;

/// A binding of a policy.
#[derive(Debug)]
pub(in super::super) struct Binding {
    pub(in super::super) name: Box<str>,
    pub(in super::super) policy: Box<str>,
    /// Narrows what the policy is about.
    pub(super) constraints: Option<Constraints>,
    /// `paramRef`; null when there are no parameters.
    pub(super) parameters: Value,
    pub(super) denies: bool,
    pub(super) warns: bool,
    pub(super) audits: bool,
    /// All of that, as it is written down.
    pub(super) actions: Value,
}

impl Binding {
    /// The severest of what it does.
    pub(super) fn action(&self) -> Action {
        match self {
            Self { denies: true, .. } => Action::Deny,
            Self { warns: true, .. } => Action::Warn,
            _ => Action::Audit,
        }
    }

    pub(in super::super) fn read(binding: &Value) -> Self {
        let spec = &binding["spec"];
        let acts = |wanted: &str| {
            document::strs_at(spec, "/validationActions").any(|action| action == wanted)
        };
        let constraints = spec.get("matchResources").filter(|resources| resources.is_object());
        Self {
            name: document::name(binding).into(),
            policy: document::str_at(spec, "/policyName").into(),
            constraints: constraints
                .and_then(|resources| Constraints::read(resources, "resourceRules").ok())
                .map(Constraints::or_everything),
            parameters: spec["paramRef"].clone(),
            denies: acts("Deny"),
            warns: acts("Warn"),
            audits: acts("Audit"),
            actions: spec["validationActions"].clone(),
        }
    }
}
