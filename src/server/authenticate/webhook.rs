//! Asks a service outside whom a token stands for (`TokenReview`, authentication.k8s.io/v1).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing::warn;

use crate::BoxError;
use crate::answers::{Answers, Key};
use crate::identity::Identity;
use crate::outgoing::{Configured, Outgoing};
use crate::reviews::subject;
use crate::tokens::Recognised;

/// For one answer, while a request waits for it.
const DEADLINE: Duration = Duration::from_secs(10);
/// Answers remembered. Anybody can ask about any token, so that they must not fill the memory.
const ANSWERS_MAX: usize = 4_096;

/// A service that reviews tokens.
#[derive(Debug)]
pub(super) struct Webhook {
    remote: Configured,
    lifetime: Duration,
    /// Whom tokens are for that a service accepts which knows nothing of audiences.
    own_audiences: Vec<String>,
    answers: Answers<Option<Recognised>>,
}

impl Webhook {
    pub(super) fn new(
        outgoing: &Arc<Outgoing>,
        kubeconfig: &Path,
        lifetime: Duration,
        own_audiences: &[String],
    ) -> Result<Self, BoxError> {
        Ok(Self {
            remote: Configured::new(outgoing, kubeconfig)?,
            lifetime,
            own_audiences: own_audiences.to_vec(),
            answers: Answers::new(ANSWERS_MAX),
        })
    }

    /// Whom a token stands for, and for which of `audiences` it is; `None` when the service does not know it.
    pub(super) async fn review(
        &self,
        token: &str,
        audiences: &[String],
    ) -> Result<Option<Recognised>, String> {
        let question = question(token, audiences);
        let digest: Key = Sha256::digest(&question).into();
        if let Some(remembered) = self.answers.get(&digest) {
            return Ok(remembered);
        }
        let answer = self.remote.post(question.into(), DEADLINE).await.map_err(|failure| {
            warn!(error = failure.message, "the service that reviews tokens does not answer");
            failure.message
        })?;
        let answer: Value = serde_json::from_slice(&answer).map_err(|error| error.to_string())?;
        let answer = recognised(&answer["status"], audiences, &self.own_audiences);
        self.answers.add(digest, answer.clone(), self.lifetime);
        Ok(answer)
    }
}

fn question(token: &str, audiences: &[String]) -> String {
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "metadata": { "creationTimestamp": null },
        "spec": { "token": token, "audiences": audiences },
        "status": { "user": {} },
    });
    review.to_string()
}

/// What the status of an answered review says.
fn recognised(status: &Value, asked: &[String], own: &[String]) -> Option<Recognised> {
    if status["authenticated"] != true {
        return None;
    }
    let user = &status["user"];
    let user = subject(&json!({
        "user": user["username"], "uid": user["uid"],
        "groups": user["groups"], "extra": user["extra"],
    }));
    if user.name.is_empty() {
        return None;
    }
    let named: Vec<&str> =
        status["audiences"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let known = |audience: &&String| {
        if named.is_empty() { own.contains(audience) } else { named.contains(&audience.as_str()) }
    };
    let meant: Vec<String> = asked.iter().filter(known).cloned().collect();
    (!meant.is_empty()).then(|| (Arc::new(Identity::new(user)), meant))
}

#[cfg(test)]
mod tests;
