//! Decides what a user may do.
//!
//! Three are asked in turn, and one that allows is enough: members of `system:masters` may do everything;
//! the node authorizer knows what a kubelet needs of the pods on its node; [`Rbac`] knows roles and bindings.
//! Nobody forbids: what no one allows is refused.

mod action;
mod aggregation;
mod defaults;
mod escalation;
mod impersonation;
mod node;
mod rbac;
mod reconcile;
mod rules;

use machinery::{ApiError, Resource};

pub(crate) use action::Action;
pub(crate) use aggregation::start;
pub(crate) use escalation::{Grant, check_grant};
pub(crate) use impersonation::impersonate;
pub(crate) use node::{LEASES, Referent, referents};
pub(crate) use rbac::{GROUP, Rbac};
pub(crate) use reconcile::{Part, reconcile};
pub(crate) use rules::Rule;

use crate::catalog::Catalog;
use crate::identity::{Identity, MASTERS, User};
use crate::query::Query;
use crate::request::Target;
use node::Nodes;

/// Decides for every request and every review.
#[derive(Debug)]
pub(crate) struct Authorizer {
    nodes: Nodes,
    rbac: Rbac,
}

/// An answer with its reason, which may be empty.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    pub(crate) reason: String,
}

/// Everything a user may do somewhere.
#[derive(Debug)]
pub(crate) struct Rights {
    pub(crate) rules: Vec<Rule>,
    /// Why there may be more.
    pub(crate) incomplete: Option<&'static str>,
}

impl Authorizer {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        Self { nodes: Nodes::new(catalog), rbac: Rbac::new(catalog) }
    }

    pub(crate) fn rbac(&self) -> &Rbac {
        &self.rbac
    }

    /// Refuses a request that the user may not make.
    pub(crate) fn authorize(
        &self,
        identity: &Identity,
        target: &Target<'_>,
        query: &Query<'_>,
    ) -> Result<(), ApiError> {
        if identity.trusted {
            return Ok(());
        }
        self.require(identity, &Action::of(target, query))
    }

    /// Refuses an action that the user may not do.
    pub(crate) fn require(&self, identity: &Identity, action: &Action<'_>) -> Result<(), ApiError> {
        if self.allows(identity, action) { Ok(()) } else { Err(self.denial(identity, action)) }
    }

    /// Whether a user may do this.
    pub(crate) fn allows(&self, identity: &Identity, action: &Action<'_>) -> bool {
        identity.trusted
            || identity.node().is_some_and(|node| self.nodes.decide(node, action).is_ok())
            || self.rbac.allows(&identity.user, action)
    }

    /// Refuses a path that is no resource's.
    pub(crate) fn authorize_path(
        &self,
        identity: &Identity,
        verb: &str,
        path: &str,
    ) -> Result<(), ApiError> {
        if identity.trusted || self.rbac.allows_path(&identity.user, verb, path) {
            return Ok(());
        }
        let message = format!("User {:?} cannot {verb} path {path:?}", identity.user.name);
        Err(ApiError::forbidden(&Resource::new("", ""), "", &message))
    }

    /// Whether and why a user may do this.
    pub(crate) fn explain(&self, identity: &Identity, action: &Action<'_>) -> Decision {
        let node = identity.node().map(|node| self.nodes.decide(node, action));
        if identity.trusted || matches!(node, Some(Ok(()))) {
            return Decision { allowed: true, reason: String::new() };
        }
        let allows = |rule: &Rule| rule.allows(action);
        if let Some(reason) = self.rbac.reason(&identity.user, action.namespace, allows) {
            return Decision { allowed: true, reason };
        }
        let refusal = node.and_then(Result::err).map(|refusal| refusal.to_string());
        Decision { allowed: false, reason: refusal.unwrap_or_default() }
    }

    /// Whether and why a user may use a path.
    pub(crate) fn explain_path(&self, identity: &Identity, verb: &str, path: &str) -> Decision {
        if identity.trusted {
            return Decision { allowed: true, reason: String::new() };
        }
        let reason = self.rbac.reason(&identity.user, "", |rule| rule.allows_path(verb, path));
        Decision { allowed: reason.is_some(), reason: reason.unwrap_or_default() }
    }

    /// Everything a user may do in a namespace.
    pub(crate) fn rights(&self, identity: &Identity, namespace: &str) -> Rights {
        let mut rules = self.rbac.rules_of(&identity.user, namespace);
        if identity.trusted {
            let everything = Rule::everything().into_iter();
            rules.extend(everything.filter(|rule| !rules.contains(rule)).collect::<Vec<_>>());
        }
        let node = identity.node().is_some();
        let incomplete = node.then_some("node authorizer does not support user rule resolution");
        Rights { rules, incomplete }
    }

    fn denial(&self, identity: &Identity, action: &Action<'_>) -> ApiError {
        let resource = match action.subresource {
            "" => action.resource.to_owned(),
            subresource => format!("{}/{subresource}", action.resource),
        };
        let place = match action.namespace {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {namespace:?}"),
        };
        let refusal = match identity.node().map(|node| self.nodes.decide(node, action)) {
            Some(Err(refusal)) => format!(": {refusal}"),
            _ => String::new(),
        };
        let message = format!(
            "User {:?} cannot {} resource {resource:?} in API group {:?} {place}{refusal}",
            identity.user.name, action.verb, action.group
        );
        let about = Resource::new(action.group.to_owned(), action.resource.to_owned());
        ApiError::forbidden(&about, action.name, &message)
    }
}

/// Who the server itself acts as.
pub(crate) fn own_identity() -> Identity {
    Identity::new(User::new("system:apiserver", &[MASTERS]))
}

#[cfg(test)]
mod tests;
