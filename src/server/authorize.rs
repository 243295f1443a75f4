//! Decides what a user may do.
//!
//! Members of `system:masters` may do everything. For all others a [`chain`] is asked, the first of which that allows
//! or denies decides; what nobody allows is refused. Unless the operator wants another one, it is the node authorizer,
//! which knows what a kubelet needs of the pods on its node, and [`Rbac`], which knows roles and bindings: neither of
//! them ever waits, and neither denies. Webhooks do both.

mod action;
mod aggregation;
mod chain;
mod conditions;
mod configuration;
mod decision;
mod defaults;
mod escalation;
mod impersonation;
mod maker;
mod node;
mod rbac;
mod reconcile;
mod review;
mod rules;
mod settings;
mod webhook;

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::FutureExt as _;
use machinery::ApiError;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

pub(crate) use action::{Action, Asked, selects};
pub(crate) use aggregation::start;
pub(crate) use decision::{Decision, Verdict};
pub(crate) use escalation::{Grant, check_grant};
pub(crate) use impersonation::impersonate;
pub(crate) use node::{LEASES, Referent, referents};
pub(crate) use rbac::{GROUP, Rbac};
pub(crate) use reconcile::{Part, reconcile};
pub(crate) use rules::Rule;
pub use settings::Authorization;

use crate::catalog::Catalog;
use crate::identity::{Identity, MASTERS, User};
use crate::outgoing::Outgoing;
use crate::query::Query;
use crate::request::Target;
use crate::{Config, Error};
use chain::{Chain, Resident};
use decision::aggregate;
use node::Nodes;

/// Threads that wait for webhooks at a time. The runtime starts others in their place, of which it has five hundred.
const WAITING_THREADS_MAX: usize = 128;

/// Decides for every request and every review.
#[derive(Debug)]
pub(crate) struct Authorizer {
    resident: Resident,
    chain: Arc<ArcSwap<Chain>>,
    waiting: Semaphore,
}

/// Everything a user may do somewhere.
#[derive(Debug)]
pub(crate) struct Rights {
    pub(crate) rules: Vec<Rule>,
    /// Why there may be more.
    pub(crate) incomplete: Option<String>,
}

impl Authorizer {
    /// `server` tells this server from others where its configuration is counted.
    pub(crate) fn new(
        config: &Config,
        catalog: &Catalog,
        outgoing: &Arc<Outgoing>,
        server: &str,
    ) -> Result<Self, Error> {
        Ok(Self {
            resident: Resident { nodes: Nodes::new(catalog), rbac: Rbac::new(catalog) },
            chain: maker::start(config, outgoing, server).map_err(Error::Authorization)?,
            waiting: Semaphore::new(WAITING_THREADS_MAX),
        })
    }

    pub(crate) fn rbac(&self) -> &Rbac {
        &self.resident.rbac
    }

    /// Refuses a request that the user may not make.
    pub(crate) async fn authorize(
        &self,
        identity: &Identity,
        target: &Target<'_>,
        query: &Query<'_>,
    ) -> Result<(), ApiError> {
        self.require(identity, &Action::of(target, query)).await
    }

    /// Refuses what the user may not do.
    pub(crate) async fn require<'a>(
        &self,
        identity: &Identity,
        asked: impl Into<Asked<'a>>,
    ) -> Result<(), ApiError> {
        let asked = asked.into();
        if self.allows_at_once(identity, &asked) == Some(true) {
            return Ok(());
        }
        let decision = self.decide(identity, &asked).await;
        if decision.is_allowed() { Ok(()) } else { Err(decision.refusal(&identity.user, &asked)) }
    }

    /// Whether a user may do this.
    pub(crate) async fn allows(&self, identity: &Identity, action: &Action<'_>) -> bool {
        let asked = Asked::from(action);
        match self.allows_at_once(identity, &asked) {
            Some(allowed) => allowed,
            None => self.decide(identity, &asked).await.is_allowed(),
        }
    }

    /// Whether a user may do this, as far as nobody outside has to be asked; `None` if somebody has to be.
    pub(crate) fn allows_at_once(&self, identity: &Identity, asked: &Asked<'_>) -> Option<bool> {
        if identity.trusted {
            return Some(true);
        }
        self.chain.load().allows_at_once(&self.resident, identity, asked)
    }

    /// Whether and why a user may do this.
    pub(crate) async fn decide(&self, identity: &Identity, asked: &Asked<'_>) -> Decision {
        if identity.trusted {
            return Decision::allow(String::new());
        }
        let chain = self.chain.load_full();
        // On the heap, since few requests come here, and all would carry it.
        Box::pin(async move { chain.decide(&self.resident, identity, asked).await }).await
    }

    /// The same for an expression, whose evaluation cannot be interrupted: while somebody outside is asked, its thread
    /// waits.
    pub(crate) fn decide_here(&self, identity: &Identity, asked: &Asked<'_>) -> Decision {
        if self.allows_at_once(identity, asked) == Some(true) {
            return Decision::allow(String::new());
        }
        // One chain for both looks at it: another may be read from its file at any moment.
        let chain = self.chain.load_full();
        if !chain.asks_outside() {
            let decided = chain.decide(&self.resident, identity, asked).now_or_never();
            return decided.expect("nobody is waited for");
        }
        let runtime = Handle::try_current();
        let runtime = runtime.ok().filter(|own| own.runtime_flavor() == RuntimeFlavor::MultiThread);
        match (runtime, self.waiting.try_acquire()) {
            (Some(runtime), Ok(_waiting)) => {
                tokio::task::block_in_place(|| runtime.block_on(self.decide(identity, asked)))
            }
            _ => Decision::failed("no thread is left to ask authorization webhooks".to_owned()),
        }
    }

    /// Everything a user may do in a namespace.
    pub(crate) fn rights(&self, identity: &Identity, namespace: &str) -> Rights {
        let mut rights = self.chain.load().rights(&self.resident, identity, namespace);
        if identity.trusted {
            let everything = Rule::everything().into_iter();
            let missing: Vec<Rule> =
                everything.filter(|rule| !rights.rules.contains(rule)).collect();
            rights.rules.extend(missing);
        }
        rights
    }
}

/// Who the server itself acts as.
pub(crate) fn own_identity() -> Identity {
    Identity::new(User::new("system:apiserver", &[MASTERS]))
}

#[cfg(test)]
mod tests;
