//! Carries out a plan against the API server.

use std::time::Duration;

use futures::{StreamExt, stream};
use http::{Method, Request};
use kube::core::Status;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::debug;

use crate::{
    Action, Caches, Creation, Deletion, EventRecorder, Occurrence, Patch, Plan, Requirement,
    Resource, Severity, Target,
};

/// Requests of one plan in flight: enough to fill a group commit, few enough to leave the server room for others.
const IN_FLIGHT: usize = 256;
/// Largest batch of a slow start: what two group commits of a busy store hold.
const BATCH_CAP: usize = 500;
/// One item is enough to know that a list is not empty.
const PROBE_LIMIT: u32 = 1;

/// How a plan ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Everything was done.
    Done,
    /// Something was not as observed; the rest was dropped.
    Stale,
    /// The server refused or failed; the rest was dropped.
    Failed(kube::Error),
}

/// What a plan wrote, to be waited for in the caches.
#[derive(Debug, Default)]
pub(crate) struct Written {
    revisions: Vec<(Resource, u64)>,
    deletions: Vec<(Target, String)>,
    /// Versions this plan replaced, and by what: a later step that was planned on the old version may go on.
    replaced: Vec<(Target, String, String)>,
}

/// The part of an answer that matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    metadata: AnswerMeta,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AnswerMeta {
    name: String,
    uid: String,
    resource_version: String,
    deletion_timestamp: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listed {
    items: Vec<serde::de::IgnoredAny>,
}

/// Executes plans with one client in one component's name.
#[derive(Debug, Clone)]
pub(crate) struct Executor {
    pub(crate) caches: Caches,
    pub(crate) recorder: EventRecorder,
}

impl Executor {
    /// Does what the plan says, in order; neighbours that do not depend on each other run together.
    pub(crate) async fn execute(&self, plan: Plan) -> (Outcome, Written) {
        let mut written = Written::default();
        let mut actions = plan.actions.into_iter().peekable();
        while let Some(action) = actions.next() {
            let kind = std::mem::discriminant(&action);
            let mut batch = vec![action];
            while let Some(next) =
                actions.next_if(|next| std::mem::discriminant(next) == kind && is_independent(next))
            {
                batch.push(next);
            }
            if let Err(error) = self.batch(batch, &mut written).await {
                return (outcome(error), written);
            }
        }
        (Outcome::Done, written)
    }

    async fn batch(&self, mut batch: Vec<Action>, written: &mut Written) -> Result<(), Stop> {
        if batch.len() == 1 {
            return self.step(batch.swap_remove(0), written).await;
        }
        let requests = batch.into_iter().map(|action| async {
            let mut written = Written::default();
            let result = self.step(action, &mut written).await;
            (result, written)
        });
        let results: Vec<_> = stream::iter(requests).buffer_unordered(IN_FLIGHT).collect().await;
        let mut first = Ok(());
        for (result, more) in results {
            written.revisions.extend(more.revisions);
            written.deletions.extend(more.deletions);
            first = first.and(result);
        }
        first
    }

    async fn step(&self, action: Action, written: &mut Written) -> Result<(), Stop> {
        match action {
            Action::Create(creation) => self.create(*creation, written).await,
            Action::Patch(patch) => self.patch(*patch, written).await,
            Action::Update { target, subresource, body } => {
                self.put(target, subresource, body, written).await
            }
            Action::SetStatus { target, body } => self.put(target, "status", body, written).await,
            Action::Delete(deletion) => self.delete(deletion, written).await,
            Action::DeleteAll { resource, namespace } => {
                let path = resource.path(&namespace);
                let body = json!({ "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background" });
                self.send(Method::DELETE, &path, &body).await.map(|_| ()).or_else(unless_gone)
            }
            Action::Require(requirement) => self.require(requirement).await,
            Action::Emit(occurrence) => {
                self.recorder.record(occurrence);
                Ok(())
            }
        }
    }

    /// Creates in batches of 1, 2, 4 … so that a refusal (a quota, a webhook) costs few requests.
    async fn create(&self, creation: Creation, written: &mut Written) -> Result<(), Stop> {
        let path = creation.resource.path(&creation.namespace);
        let body = bytes(&creation.body);
        let mut left = creation.count;
        let mut batch = 1;
        while left > 0 {
            let now = batch.min(left);
            let requests = (0..now).map(|_| self.post(&path, &body));
            let answers: Vec<_> =
                stream::iter(requests).buffer_unordered(IN_FLIGHT).collect().await;
            // Those that succeeded beside one that did not are there, too.
            let mut refusal = Ok(());
            for answer in answers {
                self.announce_creation(&creation, &answer);
                match answer {
                    Ok(answer) => written.revision(&creation.resource, &answer),
                    Err(stop) => refusal = refusal.and(Err(stop)),
                }
            }
            refusal?;
            left -= now;
            batch = (batch * 2).min(BATCH_CAP);
        }
        Ok(())
    }

    async fn post(&self, path: &str, body: &[u8]) -> Result<Answer, Stop> {
        let request = request(Method::POST, path, "application/json", body.to_vec())?;
        Ok(self.caches.client().request(request).await?)
    }

    fn announce_creation(&self, creation: &Creation, answer: &Result<Answer, Stop>) {
        let Some(owner) = &creation.announce else { return };
        let kind = creation.resource.kind.to_lowercase();
        let occurrence = match answer {
            Ok(answer) => Occurrence {
                regarding: owner.clone(),
                severity: Severity::Normal,
                reason: "SuccessfulCreate".to_owned(),
                message: format!("Created {kind}: {}", answer.metadata.name),
            },
            Err(Stop::Error(kube::Error::Api(status))) if !namespace_is_terminating(status) => {
                Occurrence {
                    regarding: owner.clone(),
                    severity: Severity::Warning,
                    reason: "FailedCreate".to_owned(),
                    message: format!("Error creating: {}", status.message),
                }
            }
            Err(_) => return,
        };
        self.recorder.record(occurrence);
    }

    async fn patch(&self, mut patch: Patch, written: &mut Written) -> Result<(), Stop> {
        let path = patch.target.path(patch.subresource);
        let planned_on = written.catch_up(&patch.target, &mut patch.body);
        let request =
            request(Method::PATCH, &path, "application/merge-patch+json", bytes(&patch.body))?;
        let answer: Answer = self.caches.client().request(request).await?;
        written.replaced(patch.target, planned_on, answer);
        Ok(())
    }

    async fn put(
        &self,
        target: Target,
        subresource: &str,
        mut body: Value,
        written: &mut Written,
    ) -> Result<(), Stop> {
        let planned_on = written.catch_up(&target, &mut body);
        let request =
            request(Method::PUT, &target.path(subresource), "application/json", bytes(&body))?;
        let answer: Answer = self.caches.client().request(request).await?;
        written.replaced(target, planned_on, answer);
        Ok(())
    }

    async fn delete(&self, deletion: Deletion, written: &mut Written) -> Result<(), Stop> {
        let result =
            self.send(Method::DELETE, &deletion.target.path(""), &options(&deletion)).await;
        self.announce_deletion(&deletion, &result);
        result.map(|_| ()).or_else(unless_gone)?;
        if let Some(uid) = deletion.uid {
            written.deletions.push((deletion.target, uid));
        }
        Ok(())
    }

    fn announce_deletion(&self, deletion: &Deletion, result: &Result<Value, Stop>) {
        let Some(owner) = &deletion.announce else { return };
        let kind = deletion.target.resource.kind.to_lowercase();
        let (severity, reason, message) = match result {
            Ok(_) => (
                Severity::Normal,
                "SuccessfulDelete",
                format!("Deleted {kind}: {}", deletion.key().name),
            ),
            Err(Stop::Error(kube::Error::Api(status))) if status.code != 404 => {
                (Severity::Warning, "FailedDelete", format!("Error deleting: {}", status.message))
            }
            Err(_) => return,
        };
        let reason = reason.to_owned();
        self.recorder.record(Occurrence { regarding: owner.clone(), severity, reason, message });
    }

    async fn require(&self, requirement: Requirement) -> Result<(), Stop> {
        let holds = match requirement {
            Requirement::Absent { target, uid } => self.is_absent(&target, uid.as_deref()).await?,
            Requirement::Alive { target, uid } => self.is_alive(&target, &uid).await?,
            Requirement::Empty { resource, namespace } => {
                let path = format!("{}?limit={PROBE_LIMIT}", resource.path(&namespace));
                let request = request(Method::GET, &path, "application/json", Vec::new())?;
                match self.caches.client().request::<Listed>(request).await {
                    Ok(list) => list.items.is_empty(),
                    Err(error) => unless_gone(error.into()).map(|()| true)?,
                }
            }
        };
        if holds { Ok(()) } else { Err(Stop::Stale) }
    }

    async fn is_absent(&self, target: &Target, uid: Option<&str>) -> Result<bool, Stop> {
        match self.get(target).await? {
            Some(found) => Ok(uid.is_some_and(|uid| found.uid != uid)),
            None => Ok(true),
        }
    }

    async fn is_alive(&self, target: &Target, uid: &str) -> Result<bool, Stop> {
        let found = self.get(target).await?;
        Ok(found.is_some_and(|found| found.uid == uid && found.deletion_timestamp.is_none()))
    }

    /// What the server has there now.
    async fn get(&self, target: &Target) -> Result<Option<AnswerMeta>, Stop> {
        let request = request(Method::GET, &target.path(""), "application/json", Vec::new())?;
        match self.caches.client().request::<Answer>(request).await {
            Ok(answer) => Ok(Some(answer.metadata)),
            Err(error) => unless_gone(error.into()).map(|()| None),
        }
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Result<Value, Stop> {
        let request = request(method, path, "application/json", bytes(body))?;
        Ok(self.caches.client().request(request).await?)
    }

    /// Waits until the caches show what was written; false when they do not in time.
    pub(crate) async fn settle(&self, written: &Written, time: Duration) -> bool {
        let all = async {
            for (resource, revision) in &written.revisions {
                self.caches.reached(resource, *revision).await?;
            }
            for (target, uid) in &written.deletions {
                self.caches.deleted(&target.resource, &target.key, uid).await?;
            }
            Ok::<(), crate::Error>(())
        };
        tokio::time::timeout(time, all).await.is_ok()
    }
}

impl Written {
    /// Keeps the highest revision of each resource.
    fn revision(&mut self, resource: &Resource, answer: &Answer) {
        let Ok(revision) = answer.metadata.resource_version.parse::<u64>() else { return };
        match self.revisions.iter_mut().find(|(known, _)| known == resource) {
            Some((_, highest)) => *highest = revision.max(*highest),
            None => self.revisions.push((resource.clone(), revision)),
        }
    }

    /// Lets a document that was planned on a version which this plan has since replaced follow that replacement;
    /// answers the version it was planned on.
    fn catch_up(&self, target: &Target, body: &mut Value) -> Option<String> {
        let planned_on = body["metadata"]["resourceVersion"].as_str()?.to_owned();
        let replaced =
            self.replaced.iter().rfind(|(known, from, _)| known == target && *from == planned_on);
        if let Some((_, _, to)) = replaced {
            body["metadata"]["resourceVersion"] = json!(to);
        }
        Some(planned_on)
    }

    fn replaced(&mut self, target: Target, planned_on: Option<String>, answer: Answer) {
        self.revision(&target.resource, &answer);
        if let Some(from) = planned_on {
            self.replaced.push((target, from, answer.metadata.resource_version));
        }
    }
}

/// Why a plan stops early.
#[derive(Debug)]
enum Stop {
    Stale,
    Error(kube::Error),
}

impl From<kube::Error> for Stop {
    fn from(error: kube::Error) -> Self {
        Self::Error(error)
    }
}

/// Neighbours of this sort touch different things.
fn is_independent(action: &Action) -> bool {
    matches!(action, Action::Delete(_) | Action::DeleteAll { .. } | Action::Require(_))
}

fn outcome(stop: Stop) -> Outcome {
    match stop {
        Stop::Stale => Outcome::Stale,
        Stop::Error(kube::Error::Api(status)) if namespace_is_terminating(&status) => Outcome::Done,
        // Not found: what was to be changed is gone, and the caches will show it.
        Stop::Error(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => {
            debug!(%status, "not as observed");
            Outcome::Stale
        }
        Stop::Error(error) => Outcome::Failed(error),
    }
}

/// Nothing can be created there any more, so trying again is pointless.
fn namespace_is_terminating(status: &Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    status.code == 403 && causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating")
}

/// A deletion has nothing to do for an object (or a kind) that is not there.
fn unless_gone(stop: Stop) -> Result<(), Stop> {
    match stop {
        Stop::Error(kube::Error::Api(status)) if matches!(status.code, 404 | 405) => Ok(()),
        other => Err(other),
    }
}

fn options(deletion: &Deletion) -> Value {
    let mut options = json!({ "kind": "DeleteOptions", "apiVersion": "v1" });
    if let Some(policy) = deletion.propagation.as_str() {
        options["propagationPolicy"] = json!(policy);
    }
    if let Some(grace) = deletion.grace_seconds {
        options["gracePeriodSeconds"] = json!(grace);
    }
    if let Some(uid) = &deletion.uid {
        options["preconditions"]["uid"] = json!(uid);
    }
    if let Some(version) = &deletion.resource_version {
        options["preconditions"]["resourceVersion"] = json!(version);
    }
    options
}

fn bytes(body: &Value) -> Vec<u8> {
    serde_json::to_vec(body).expect("documents have text keys")
}

fn request(
    method: Method,
    path: &str,
    content_type: &str,
    body: Vec<u8>,
) -> Result<Request<Vec<u8>>, Stop> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(http::header::ACCEPT, "application/json")
        .header(http::header::CONTENT_TYPE, content_type)
        .body(body)
        .map_err(|error| Stop::Error(kube::Error::HttpError(error)))
}

#[cfg(test)]
mod tests;
