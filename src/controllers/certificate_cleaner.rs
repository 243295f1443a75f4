//! Removes certificate requests that nobody needs any more: answered ones after an hour, unanswered ones after a day,
//! and those whose certificate has ended.

use std::sync::Arc;
use std::time::Duration;

use client::{Cache, Caches, Controller, Key, Plan, Watches};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;

/// How long a request is kept after it was approved and signed, denied, or could not be signed, as on Kubernetes.
const ANSWERED: SignedDuration = SignedDuration::from_hours(1);
/// How long it waits for an answer, and for a signer that is not ours, as on Kubernetes.
const UNANSWERED: SignedDuration = SignedDuration::from_hours(24);

/// What a decision about one request is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    request: Arc<CertificateSigningRequest>,
    now: Timestamp,
}

fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let Some(end) = end(&snapshot.request) else { return plan };
    if snapshot.now >= end {
        plan.delete(snapshot.request.as_ref());
    } else {
        let left = Duration::try_from(end.duration_since(snapshot.now));
        plan.again_in(left.unwrap_or_default() + Duration::from_secs(1));
    }
    plan
}

/// When a request has served its purpose.
fn end(request: &CertificateSigningRequest) -> Option<Timestamp> {
    let created = request.metadata.creation_timestamp.as_ref()?.0;
    let status = request.status.clone().unwrap_or_default();
    let issued = status.certificate.is_some_and(|certificate| !certificate.0.is_empty());
    let answered =
        status.conditions.iter().flatten().filter(|condition| match condition.type_.as_str() {
            "Approved" => issued,
            "Denied" | "Failed" => true,
            _ => false,
        });
    let times = answered.map(|condition| {
        let said = condition.last_update_time.as_ref().or(condition.last_transition_time.as_ref());
        said.map_or(created, |time| time.0)
    });
    // Whoever answers says when; that may be at the end of all time.
    let (since, kept) = times.max().map_or((created, UNANSWERED), |answered| (answered, ANSWERED));
    Some(since.saturating_add(kept).unwrap_or(Timestamp::MAX))
}

/// Runs [`reconcile`] for every request.
#[derive(Debug)]
pub(crate) struct CertificateCleaner {
    requests: Cache<CertificateSigningRequest>,
}

impl CertificateCleaner {
    pub(crate) fn new(caches: &Caches) -> Self {
        Self { requests: caches.of() }
    }
}

impl Controller for CertificateCleaner {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "certificatesigningrequest-cleaner-controller";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.requests);
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        Some(Snapshot { request: self.requests.get(key)?, now })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

#[cfg(test)]
mod tests;
