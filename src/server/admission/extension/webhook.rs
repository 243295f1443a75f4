//! One webhook: what it is about, and how it is called.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use machinery::{ApiError, Reason, document};
use serde_json::Value;
use tokio::time::Instant;
use tracing::warn;

use super::condition::{self, Conditions};
use super::constraints::Constraints;
use super::meters::Meters;
use super::request::Request;
use super::review::{self, Verdict};
use crate::catalog::Served;
use crate::outgoing::{Outgoing, Remote, client_config};

/// How long a webhook may take when it does not say; as in Kubernetes.
const TIMEOUT_SECONDS: u64 = 10;
/// The longest it may say.
const TIMEOUT_SECONDS_MAX: u64 = 30;

/// What a webhook is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Mutating,
    Validating,
}

/// One webhook of a configuration.
#[derive(Debug)]
pub(super) struct Webhook {
    pub(super) name: Box<str>,
    /// The object that describes it.
    pub(super) configuration: Box<str>,
    pub(super) constraints: Result<Constraints, String>,
    pub(super) conditions: Result<Conditions, String>,
    /// Whether it wants to be asked again when others change the object after it.
    pub(super) again: bool,
    pub(super) sort: Sort,
    /// Whether a webhook that cannot be asked is as if it had allowed.
    pub(super) ignores_failure: bool,
    /// Whether it does nothing else, so that it may be asked about what will not happen.
    dry: bool,
    seconds: u64,
    version: Option<&'static str>,
    remote: Result<Remote, String>,
    meters: Arc<Meters>,
}

/// Why there is no verdict.
pub(super) enum Unanswered {
    /// The request fails.
    Failed(ApiError),
    /// As if it had not been asked.
    Ignored,
}

impl Webhook {
    pub(super) fn read(
        hook: &Value,
        configuration: &str,
        sort: Sort,
        outgoing: &Arc<Outgoing>,
        meters: &Arc<Meters>,
    ) -> Self {
        let remote = client_config(&hook["clientConfig"])
            .and_then(|settings| Remote::new(outgoing, settings));
        let seconds = hook["timeoutSeconds"].as_u64().unwrap_or(TIMEOUT_SECONDS);
        Self {
            name: document::str_at(hook, "/name").into(),
            configuration: configuration.into(),
            constraints: Constraints::read(hook, "rules"),
            conditions: Conditions::read(hook, &condition::WEBHOOK),
            again: hook["reinvocationPolicy"] == "IfNeeded",
            sort,
            ignores_failure: hook["failurePolicy"] == "Ignore",
            dry: matches!(document::str_at(hook, "/sideEffects"), "None" | "NoneOnDryRun"),
            seconds: seconds.clamp(1, TIMEOUT_SECONDS_MAX),
            version: review::version(&hook["admissionReviewVersions"]),
            remote,
            meters: Arc::clone(meters),
        }
    }

    /// Asks what it says to a request, in a version of the kind.
    pub(super) async fn ask(
        &self,
        uid: &str,
        request: &Request<'_>,
        served: &Served,
        object: &Value,
        old: &Value,
        end: Instant,
    ) -> Result<Verdict, Unanswered> {
        if request.dry_run && !self.dry {
            let why = format!("admission webhook {:?} does not support dry run", self.name);
            return Err(Unanswered::Failed(ApiError::bad_request(why)));
        }
        let started = Instant::now();
        let asked = self.call(uid, request, served, object, old, end).await;
        self.meters.asked(self, request.operation, started, asked.as_ref().ok());
        asked.map_err(|why| self.failed(&why))
    }

    async fn call(
        &self,
        uid: &str,
        request: &Request<'_>,
        served: &Served,
        object: &Value,
        old: &Value,
        end: Instant,
    ) -> Result<Verdict, String> {
        let version =
            self.version.ok_or("webhook does not accept known AdmissionReview versions")?;
        let remote =
            self.remote.as_ref().map_err(|why| format!("could not get REST client: {why}"))?;
        let question = review::question(version, uid, request, served, object, old);
        let left = end.saturating_duration_since(Instant::now());
        let deadline = Duration::from_secs(self.seconds).min(left);
        let more = format!("?timeout={}s", self.seconds);
        let answer = remote.post(&more, Bytes::from(question.to_string()), deadline).await;
        let answer = answer.map_err(|failure| format!("failed to call webhook: {failure}"))?;
        review::verdict(version, uid, self.sort == Sort::Mutating, &answer)
            .map_err(|why| format!("received invalid webhook response: {why}"))
    }

    /// What follows from a webhook that could not be asked.
    pub(super) fn failed(&self, why: &str) -> Unanswered {
        if self.ignores_failure {
            warn!(webhook = %self.name, why, "a webhook failed and is ignored");
            return Unanswered::Ignored;
        }
        let message =
            format!("Internal error occurred: failed calling webhook {:?}: {why}", self.name);
        Unanswered::Failed(ApiError::new(Reason::InternalError, message))
    }
}
