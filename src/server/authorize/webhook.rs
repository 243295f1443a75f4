//! Asks a service outside whether a user may do something.

use std::time::Duration;

use base::{Counter, Family, Histogram, Random};
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::error;

use super::conditions::Conditions;
use super::{Asked, Decision, Verdict, review};
use crate::answers::{Answers, Key};
use crate::identity::Identity;
use crate::outgoing::{Configured, Failure};

/// Answers remembered, as in Kubernetes.
const ANSWERS_MAX: usize = 8_192;
/// Bytes of what a client writes into a question whose answer is remembered, as in Kubernetes.
const REMEMBERED_BYTES_MAX: usize = 10_000;
/// Questions to one webhook at a time: whoever is not known anywhere may have it asked.
const QUESTIONS_MAX: usize = 256;
/// Between attempts, as in Kubernetes; up to a fifth is added to each, so that those who wait do not come all at once.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_millis(750),
    Duration::from_millis(1_125),
    Duration::from_micros(1_687_500),
];

/// A service that reviews access.
#[derive(Debug)]
pub(super) struct Webhook {
    pub(super) name: String,
    pub(super) remote: Configured,
    /// Of the reviews it is sent.
    pub(super) version: String,
    /// For one answer.
    pub(super) timeout: Duration,
    /// How long an answer counts that allows, and one that does not.
    pub(super) lifetimes: (Duration, Duration),
    /// What follows when it does not answer.
    pub(super) on_failure: Verdict,
    pub(super) conditions: Conditions,
    pub(super) answers: Answers<Decision>,
    pub(super) permits: Semaphore,
    pub(super) meters: Meters,
    pub(super) random: Random,
}

/// Counts how often webhooks are asked, and what comes of it.
#[derive(Debug, Clone)]
pub(super) struct Meters {
    pub(super) evaluations: Family<Counter>,
    pub(super) seconds: Family<Histogram>,
    pub(super) ignored: Family<Counter>,
}

/// One call, which is counted however it ends.
struct Call<'a> {
    webhook: &'a Webhook,
    started: Instant,
    outcome: &'static str,
}

pub(super) fn answers() -> Answers<Decision> {
    Answers::new(ANSWERS_MAX)
}

pub(super) fn permits() -> Semaphore {
    Semaphore::new(QUESTIONS_MAX)
}

impl Webhook {
    pub(super) async fn decide(&self, identity: &Identity, asked: &Asked<'_>) -> Decision {
        let spec = review::spec(&identity.user, asked);
        match self.conditions.hold(&spec) {
            Ok(true) => {}
            Ok(false) => return Decision::default(),
            Err(why) => return self.failed(why),
        }
        let key: Key = Sha256::digest(spec.to_string()).into();
        if let Some(remembered) = self.answers.get(&key) {
            return remembered;
        }
        match self.ask(spec).await {
            Ok(decision) => {
                if asked.bytes() < REMEMBERED_BYTES_MAX {
                    let (allowed, other) = self.lifetimes;
                    let allows = decision.verdict == Verdict::Allow;
                    let lifetime = if allows { allowed } else { other };
                    self.answers.add(key, decision.clone(), lifetime);
                }
                decision
            }
            Err(why) => self.failed(why),
        }
    }

    fn failed(&self, why: String) -> Decision {
        Decision { verdict: self.on_failure, reason: String::new(), error: Some(why) }
    }

    /// Asks, some times if it must be.
    async fn ask(&self, spec: Value) -> Result<Decision, String> {
        let permit = tokio::time::timeout(self.timeout, self.permits.acquire()).await;
        let _permit = permit
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| format!("too many questions wait for webhook {}", self.name))?;
        let question = Bytes::from(review::question(spec, &self.version));
        let mut pauses = PAUSES.iter();
        loop {
            let (outcome, failure) = match self.call(question.clone()).await {
                Ok(decision) => return Ok(decision),
                Err(failed) => failed,
            };
            if let Some(pause) = pauses.next().filter(|_| is_passing(&failure)) {
                tokio::time::sleep(self.jittered(*pause)).await;
                continue;
            }
            let (webhook, why) = (self.name.as_str(), failure.message);
            error!(webhook, why, "an authorization webhook does not answer");
            if self.on_failure == Verdict::NoOpinion {
                self.meters.ignored.with(&[webhook, outcome]).inc();
            }
            return Err(why);
        }
    }

    /// Asks once; a failure comes with what it is counted as.
    async fn call(&self, question: Bytes) -> Result<Decision, (&'static str, Failure)> {
        let mut call = Call { webhook: self, started: Instant::now(), outcome: "canceled" };
        let answer = self.remote.post(question, self.timeout).await;
        let decided = answer.and_then(|answer| review::decision(&answer).map_err(Failure::new));
        call.outcome = match &decided {
            Ok(_) => "success",
            Err(failure) if failure.timed_out || failure.status == Some(504) => "timeout",
            Err(_) => "error",
        };
        decided.map_err(|failure| (call.outcome, failure))
    }

    fn jittered(&self, pause: Duration) -> Duration {
        let fifth = u64::try_from(pause.as_micros() / 5).unwrap_or_default();
        pause + Duration::from_micros(self.random.below(fifth.max(1)))
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let labels = [self.webhook.name.as_str(), self.outcome];
        let Meters { evaluations, seconds, .. } = &self.webhook.meters;
        evaluations.with(&labels).inc();
        seconds.with(&labels).observe_duration(self.started.elapsed());
    }
}

/// Whether another attempt may succeed.
fn is_passing(failure: &Failure) -> bool {
    match failure.status {
        Some(status) => matches!(status, 429 | 500 | 504),
        None => failure.message.contains("reset by peer"),
    }
}
