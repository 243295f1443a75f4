//! Who is asked, one after the other: the first that allows or denies decides.

use base::Counter;

use super::node::Nodes;
use super::rbac::Rbac;
use super::webhook::Webhook;
use super::{Asked, Decision, Rights, Rule, Verdict};
use crate::identity::Identity;

/// Everybody who is asked, in order.
#[derive(Debug)]
pub(super) struct Chain(pub(super) Vec<Member>);

/// Somebody who is asked, with how often they decided.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) sort: Sort,
    pub(super) allowed: Counter,
    pub(super) denied: Counter,
}

/// Who decides.
#[derive(Debug)]
pub(super) enum Sort {
    Node,
    Rbac,
    AlwaysAllow,
    AlwaysDeny,
    Webhook(Box<Webhook>),
}

/// Those who know the cluster's objects.
#[derive(Debug)]
pub(super) struct Resident {
    pub(super) nodes: Nodes,
    pub(super) rbac: Rbac,
}

impl Chain {
    /// Whether somebody allows it before any webhook is asked; `None` when a webhook has to be.
    pub(super) fn allows_at_once(
        &self,
        resident: &Resident,
        identity: &Identity,
        asked: &Asked<'_>,
    ) -> Option<bool> {
        for member in &self.0 {
            let allows = match member.sort {
                Sort::Node => resident.node_allows(identity, asked),
                Sort::Rbac => resident.rbac_allows(identity, asked),
                Sort::AlwaysAllow => true,
                Sort::AlwaysDeny => false,
                Sort::Webhook(_) => return None,
            };
            if allows {
                member.allowed.inc();
                return Some(true);
            }
        }
        Some(false)
    }

    /// What comes of asking everybody, and why.
    pub(super) async fn decide(
        &self,
        resident: &Resident,
        identity: &Identity,
        asked: &Asked<'_>,
    ) -> Decision {
        let (mut reasons, mut errors) = (Vec::new(), Vec::new());
        for member in &self.0 {
            let decision = match &member.sort {
                Sort::Node => resident.node(identity, asked),
                Sort::Rbac => resident.rbac(identity, asked),
                Sort::AlwaysAllow => Decision::allow(String::new()),
                Sort::AlwaysDeny => Decision::none("Everything is forbidden.".to_owned()),
                Sort::Webhook(webhook) => webhook.decide(identity, asked).await,
            };
            match decision.verdict {
                Verdict::Allow => member.allowed.inc(),
                Verdict::Deny => member.denied.inc(),
                Verdict::NoOpinion => {
                    reasons.extend(Some(decision.reason).filter(|reason| !reason.is_empty()));
                    errors.extend(decision.error);
                    continue;
                }
            }
            return decision;
        }
        let error = super::aggregate(errors);
        Decision { verdict: Verdict::NoOpinion, reason: reasons.join("\n"), error }
    }

    /// Whether somebody outside is asked.
    pub(super) fn asks_outside(&self) -> bool {
        self.0.iter().any(|member| matches!(member.sort, Sort::Webhook(_)))
    }

    /// Everything that a user may do in a namespace, as far as those asked can tell.
    pub(super) fn rights(
        &self,
        resident: &Resident,
        identity: &Identity,
        namespace: &str,
    ) -> Rights {
        let (mut rules, mut gaps) = (Vec::new(), Vec::new());
        for member in &self.0 {
            match member.sort {
                Sort::Rbac => rules.extend(resident.rbac.rules_of(&identity.user, namespace)),
                Sort::AlwaysAllow => rules.extend(Rule::everything()),
                Sort::Node if identity.node().is_some() => {
                    gaps.push("node authorizer does not support user rule resolution".to_owned());
                }
                Sort::Webhook(_) => {
                    let gap = "webhook authorizer does not support user rule resolution";
                    gaps.push(gap.to_owned());
                }
                Sort::Node | Sort::AlwaysDeny => {}
            }
        }
        Rights { rules, incomplete: super::aggregate(gaps) }
    }
}

impl Resident {
    fn node_allows(&self, identity: &Identity, asked: &Asked<'_>) -> bool {
        match (identity.node(), asked) {
            (Some(node), Asked::Action(action)) => self.nodes.decide(node, action).is_ok(),
            _ => false,
        }
    }

    fn rbac_allows(&self, identity: &Identity, asked: &Asked<'_>) -> bool {
        match asked {
            Asked::Action(action) => self.rbac.allows(&identity.user, action),
            Asked::Path { verb, path } => self.rbac.allows_path(&identity.user, verb, path),
        }
    }

    fn node(&self, identity: &Identity, asked: &Asked<'_>) -> Decision {
        let (Some(node), Asked::Action(action)) = (identity.node(), asked) else {
            return Decision::default();
        };
        match self.nodes.decide(node, action) {
            Ok(()) => Decision::allow(String::new()),
            Err(refusal) => Decision::none(refusal.to_string()),
        }
    }

    fn rbac(&self, identity: &Identity, asked: &Asked<'_>) -> Decision {
        let user = &identity.user;
        let reason = match asked {
            Asked::Action(action) => {
                self.rbac.reason(user, action.namespace, |rule| rule.allows(action))
            }
            Asked::Path { verb, path } => {
                self.rbac.reason(user, "", |rule| rule.allows_path(verb, path))
            }
        };
        reason.map(Decision::allow).unwrap_or_default()
    }
}
