//! Deletes bootstrap tokens that have expired.

use std::sync::Arc;
use std::time::Duration;

use client::{Cache, Caches, Controller, Key, Plan, Watches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;

use crate::bootstrap_tokens::{self, Token};

/// What a decision about one token is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    secret: Arc<Secret>,
    now: Timestamp,
}

fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let token = Token::read(&snapshot.secret);
    let Some(end) = token.and_then(|token| token.expiration) else { return plan };
    if end <= snapshot.now {
        plan.delete(snapshot.secret.as_ref());
    } else {
        let left = Duration::try_from(end.duration_since(snapshot.now)).unwrap_or_default();
        plan.again_in(left + Duration::from_secs(1));
    }
    plan
}

/// Runs [`reconcile`] for every bootstrap token.
#[derive(Debug)]
pub(crate) struct TokenCleaner {
    secrets: Cache<Secret>,
}

impl TokenCleaner {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { secrets: bootstrap_tokens::cache(caches) }
    }
}

impl Controller for TokenCleaner {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "token-cleaner-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.secrets);
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        Some(Snapshot { secret: self.secrets.get(key)?, now })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

#[cfg(test)]
mod tests;
