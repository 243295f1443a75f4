//! Asking webhooks: those that change one after the other, those that check all at once.

use std::sync::Arc;

use futures::future::join_all;
use machinery::{ApiError, FieldValidation, document, patch};
use serde_json::Value;
use tokio::time::Instant;

use super::facts::{Evaluation, Facts};
use super::language::Language;
use super::notes;
use super::request::Request;
use super::review::{self, Verdict};
use super::webhook::{Unanswered, Webhook};
use crate::admission::Tools;
use crate::catalog::Served;

/// What came of a webhook that may change objects.
#[derive(Debug)]
pub(super) enum Asked {
    /// It is not about the request.
    Not,
    /// It could not be asked, or changed the object to nonsense, and that does not matter.
    Ignored,
    Answered(Answered),
}

/// What such a webhook did.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) warnings: Vec<String>,
    pub(super) patch: Option<Value>,
    pub(super) mutated: bool,
}

/// Lets a webhook change the object.
pub(super) async fn mutate(
    hook: &Webhook,
    language: &Language,
    tools: &Tools<'_>,
    request: &Request<'_>,
    object: &mut Value,
    end: Instant,
) -> Result<Asked, ApiError> {
    let Some(served) = applies(hook, tools, request, object)? else { return Ok(Asked::Not) };
    let shown = in_version(request, &served, object).await?;
    let old = old_in_version(request, &served).await?;
    let facts = Facts { request, served: &served, object: &shown, old: &old };
    if !meets(hook, language, tools, &facts)? {
        return Ok(Asked::Not);
    }
    let Some(verdict) = ask(hook, tools, &facts, end).await? else {
        return Ok(Asked::Ignored);
    };
    let Verdict { warnings, patch, .. } = verdict;
    let Some(patch) = patch else {
        return Ok(Asked::Answered(Answered { warnings, patch: None, mutated: false }));
    };
    if object.is_null() {
        let why =
            "webhook attempted to modify the object, which is not supported for this operation";
        return refuse(hook, why).map(|()| Asked::Ignored);
    }
    match patched(request, &served, &shown, &patch).await {
        Ok(patched) => {
            let mutated = patched != *object;
            *object = patched;
            Ok(Asked::Answered(Answered { warnings, patch: Some(patch), mutated }))
        }
        Err(why) => refuse(hook, &why.message).map(|()| Asked::Ignored),
    }
}

/// Asks all webhooks that may refuse the request, at once; the first refusal in their order counts.
pub(super) async fn validate(
    hooks: &[Arc<Webhook>],
    language: &Language,
    tools: &Tools<'_>,
    request: &Request<'_>,
    object: &Value,
    end: Instant,
) -> Result<Vec<String>, ApiError> {
    let calls = hooks.iter().enumerate().map(|(index, hook)| async move {
        let Some(served) = applies(hook, tools, request, object)? else { return Ok(None) };
        let shown = in_version(request, &served, object).await?;
        let old = old_in_version(request, &served).await?;
        let facts = Facts { request, served: &served, object: &shown, old: &old };
        if !meets(hook, language, tools, &facts)? {
            return Ok(None);
        }
        let verdict = ask(hook, tools, &facts, end).await?;
        if verdict.is_none() {
            notes::note_ignored(hook, index);
        }
        Ok::<_, ApiError>(verdict)
    });
    let mut warnings = Vec::new();
    for verdict in join_all(calls).await {
        warnings.extend(verdict?.map(|verdict: Verdict| verdict.warnings).unwrap_or_default());
    }
    Ok(warnings)
}

/// The version of the kind in which a webhook is about a request.
fn applies(
    hook: &Webhook,
    tools: &Tools<'_>,
    request: &Request<'_>,
    object: &Value,
) -> Result<Option<Arc<Served>>, ApiError> {
    match &hook.constraints {
        Ok(constraints) => Ok(constraints.find(tools, request, object)),
        Err(why) => refuse(hook, why).map(|()| None),
    }
}

/// Whether a webhook's conditions hold.
fn meets(
    hook: &Webhook,
    language: &Language,
    tools: &Tools<'_>,
    facts: &Facts<'_>,
) -> Result<bool, ApiError> {
    let failed = |why: &str| refuse(hook, why).map(|()| false);
    let conditions = match &hook.conditions {
        Ok(conditions) if conditions.is_empty() => return Ok(true),
        Ok(conditions) => conditions,
        Err(why) => return failed(why),
    };
    let reads = |name: &str| conditions.all().iter().any(|one| one.reads().contains(name));
    let mut evaluation = Evaluation::new(language, tools, facts, &Value::Null, &[], &reads);
    conditions.hold(&mut evaluation).or_else(|why| failed(&why))
}

/// Asks; `None` when it cannot be asked and that does not matter.
async fn ask(
    hook: &Webhook,
    tools: &Tools<'_>,
    facts: &Facts<'_>,
    end: Instant,
) -> Result<Option<Verdict>, ApiError> {
    let uid = tools.random.uuid();
    let Facts { request, served, object, old } = facts;
    match hook.ask(&uid, request, served, object, old, end).await {
        Ok(mut verdict) => {
            notes::note_own(hook, std::mem::take(&mut verdict.notes));
            if verdict.allowed {
                return Ok(Some(verdict));
            }
            Err(ApiError::foreign(review::denial(&hook.name, verdict.status)))
        }
        Err(Unanswered::Ignored) => Ok(None),
        Err(Unanswered::Failed(error)) => Err(error),
    }
}

fn refuse(hook: &Webhook, why: &str) -> Result<(), ApiError> {
    match hook.failed(why) {
        Unanswered::Failed(error) => Err(error),
        Unanswered::Ignored => Ok(()),
    }
}

/// A document in another version of its kind; documents of other kinds, such as a `Scale`, have but one.
pub(super) async fn in_version(
    request: &Request<'_>,
    served: &Served,
    shown: &Value,
) -> Result<Value, ApiError> {
    let own = document::kind(shown) == request.served.kind_name();
    if !own || served.api_version() == request.served.api_version() {
        return Ok(shown.clone());
    }
    request.served.converted(shown, served).await
}

/// What was there before, in another version of its kind.
pub(super) async fn old_in_version(
    request: &Request<'_>,
    served: &Served,
) -> Result<Value, ApiError> {
    match request.old {
        Some(old) => in_version(request, served, old).await,
        None => Ok(Value::Null),
    }
}

/// What a patch makes of a document, back in the version of the request.
async fn patched(
    request: &Request<'_>,
    served: &Served,
    shown: &Value,
    patch: &Value,
) -> Result<Value, ApiError> {
    let made = patch::json::apply(shown.clone(), patch)?;
    settled(request, served, shown, made).await
}

/// What somebody made of a document, fitted to its schema, with defaults, in the version of the request.
pub(super) async fn settled(
    request: &Request<'_>,
    served: &Served,
    shown: &Value,
    mut made: Value,
) -> Result<Value, ApiError> {
    let (api_version, kind) = (document::api_version(shown), document::kind(shown));
    document::set_type(&mut made, api_version, kind);
    let own = kind == request.served.kind_name();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    if let Some(structural) = served.kind().structural().filter(|_| own) {
        structural.prune(&mut made, kinds::schemas());
    } else if let Some(definition) = kinds::schemas().by_gvk(group, version, kind) {
        let ignore = FieldValidation::Ignore;
        made = machinery::conform(made, kinds::schemas(), definition, ignore)?.object;
    }
    if !own {
        return Ok(made);
    }
    if api_version != request.served.api_version() {
        made = served.converted(&made, request.served).await?;
    }
    request.served.kind().set_defaults(&mut made);
    Ok(made)
}
