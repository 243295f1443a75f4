//! Tokens whose signature has been checked, so that the next request with one does not pay for it again.
//!
//! Only what cannot change is remembered: the claims. Times and the objects a token is bound to are looked at on
//! every use.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::claims::Claims;
use crate::identity::Identity;

/// Tokens remembered: every pod of a full node has one, and each takes some two KiB.
const TOKENS_MAX: usize = 2_048;

/// The longest token that is remembered, as its own key. Those of longer lists of audiences are checked anew each time.
const TOKEN_BYTES_MAX: usize = 8 << 10;

/// A token that one of the cluster's keys has signed.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) claims: Claims,
    pub(super) identity: Arc<Identity>,
    /// The revisions, added up, at which the objects it is bound to were last found to be the right ones. A
    /// revision only ever grows, so an equal sum means that none has changed.
    seen: AtomicU64,
}

impl Verified {
    pub(super) fn new(claims: Claims) -> Self {
        let identity = Arc::new(Identity::new(claims.user()));
        Self { claims, identity, seen: AtomicU64::new(0) }
    }

    pub(super) fn was_seen_at(&self, revisions: u64) -> bool {
        self.seen.load(Ordering::Relaxed) == revisions
    }

    pub(super) fn see_at(&self, revisions: u64) {
        self.seen.store(revisions, Ordering::Relaxed);
    }
}

/// The tokens seen of late.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<Box<str>, Arc<Verified>>>);

impl Known {
    pub(super) fn get(&self, token: &str) -> Option<Arc<Verified>> {
        self.0.lock().expect("nobody panics with it").get(token).cloned()
    }

    /// Remembers a token; when there is no room, what has expired goes, and if that is not enough, everything.
    pub(super) fn insert(&self, token: &str, verified: &Arc<Verified>, now: i64) {
        if token.len() > TOKEN_BYTES_MAX {
            return;
        }
        let mut known = self.0.lock().expect("nobody panics with it");
        if known.len() >= TOKENS_MAX {
            known.retain(|_, verified| now < verified.claims.exp);
        }
        if known.len() >= TOKENS_MAX {
            known.clear();
        }
        known.insert(token.into(), Arc::clone(verified));
    }
}

#[cfg(test)]
mod tests;
