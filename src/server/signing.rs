//! Approves and signs certificate requests for Kubernetes' own signers.
//!
//! It runs beside the authority's key, which nothing outside this crate sees. What is decided depends only on the
//! object and on the permissions of whoever made it; the object says what was decided.

mod request;
mod rules;

use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use machinery::{ApiError, Reason};
use serde_json::{Value, json};
use tracing::{info, warn};

use crate::api::Api;
use crate::authorize::{Action, own_identity};
use crate::cache::{Follower, News};
use crate::identity::Identity;
use crate::pki;
use crate::reviews::subject;
use request::{Request, usages};
use rules::{Signer, shortcuts};

const GROUP: &str = "certificates.k8s.io";
const PLURAL: &str = "certificatesigningrequests";
/// How long a certificate lives whose request does not say, and the most it gets, as on Kubernetes.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 365);
/// The least, as on Kubernetes: one that lives shorter could not be renewed in time.
const LIFE_MIN: SignedDuration = SignedDuration::from_mins(10);
/// How far a certificate starts in the past, for clients whose clocks are behind, as on Kubernetes.
const BACKDATE: SignedDuration = SignedDuration::from_mins(5);
/// After a write that failed for another reason than somebody else's write.
const RETRY: Duration = Duration::from_secs(1);

/// What is to be done about a request.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Nothing, or nothing yet.
    Wait,
    /// Ask whether these permissions are there, and approve if one is.
    Approve(&'static [rules::Shortcut]),
    /// Sign it.
    Sign(Box<Request>),
    /// Say why it cannot be signed.
    Fail(String),
}

/// The groups that the certificate of a request would put its bearer in; an error when it cannot be read.
pub(crate) fn organizations(object: &Value) -> Result<Vec<String>, String> {
    Request::read(object).map(|request| request.organizations)
}

/// Starts to approve and sign.
pub(crate) fn start(tasks: &Tasks, api: Arc<Api>, signer: Arc<pki::Signer>) {
    tasks.spawn_until_stop("certificate signing", async move { follow(&api, &signer).await });
}

async fn follow(api: &Api, signer: &pki::Signer) {
    let served = api.registry().catalog().find(GROUP, "v1", PLURAL);
    let Some(shelf) = served.and_then(|served| served.shelf().cloned()) else { return };
    let mut news = Follower::new(Arc::clone(&shelf));
    loop {
        let seen = shelf.changed();
        let changed = match news.catch_up() {
            News::Everything(all) => all,
            News::Changes(changes) => {
                changes.iter().filter_map(|change| change.current.clone()).collect()
            }
        };
        let mut failed = false;
        for object in changed.iter().filter(|object| !object.terminating) {
            let done = advance(api, signer, object.object()).await;
            if let Err(error) = done
                && !matches!(error.reason, Reason::Conflict | Reason::NotFound)
            {
                warn!(%error, request = %object.key, "a certificate request cannot be answered");
                failed = true;
            }
        }
        if failed {
            tokio::time::sleep(RETRY).await;
            news = Follower::new(Arc::clone(&shelf));
        } else {
            shelf.changed_after(seen).await;
        }
    }
}

/// Does what is to be done about one request.
async fn advance(api: &Api, signer: &pki::Signer, mut object: Value) -> Result<(), ApiError> {
    let now = api.registry().clock().now();
    let (part, condition) = match decide(&object) {
        Step::Wait => return Ok(()),
        Step::Approve(shortcuts) => {
            let requester = Identity::exactly(subject(&requester(&object["spec"])));
            let shortcut = allowed(api, &requester, shortcuts).await;
            let Some(shortcut) = shortcut else { return Ok(()) };
            ("approval", Some(("Approved", "AutoApproved", shortcut.message.to_owned())))
        }
        Step::Fail(why) => ("status", Some(("Failed", "SignerValidationFailure", why))),
        Step::Sign(request) => {
            let certificate = sign(api, signer, &request, &object, now)?;
            object["status"]["certificate"] = STANDARD.encode(certificate).into();
            ("status", None)
        }
    };
    if let Some((kind, reason, message)) = condition {
        let condition = json!({
            "type": kind, "status": "True", "reason": reason, "message": message,
        });
        match &mut object["status"]["conditions"] {
            Value::Array(conditions) => conditions.push(condition),
            absent => *absent = json!([condition]),
        }
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let own = own_identity();
    api.registry().replace_part(&own, (GROUP, "v1", PLURAL), part, object).await?;
    info!(request = name, part, "a certificate request was answered");
    Ok(())
}

/// The first permission that somebody has.
async fn allowed<'a>(
    api: &Api,
    requester: &Identity,
    shortcuts: &'a [rules::Shortcut],
) -> Option<&'a rules::Shortcut> {
    for shortcut in shortcuts {
        let action = Action {
            verb: "create",
            group: GROUP,
            version: "*",
            resource: PLURAL,
            subresource: shortcut.subresource,
            ..Action::default()
        };
        if api.authorizer().allows(requester, &action).await {
            return Some(shortcut);
        }
    }
    None
}

/// What is to be done about a request, as far as it says itself.
fn decide(object: &Value) -> Step {
    let spec = &object["spec"];
    let signer = Signer::named(spec["signerName"].as_str().unwrap_or_default());
    let Some(signer) = signer else { return Step::Wait };
    let has = |kind: &str| {
        let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
        conditions.into_iter().any(|condition| condition["type"] == kind)
    };
    let issued = object["status"]["certificate"].as_str().is_some_and(|text| !text.is_empty());
    if issued || has("Denied") || has("Failed") {
        return Step::Wait;
    }
    let request = Request::read(object);
    let usages = usages(object);
    if !has("Approved") {
        let requester = spec["username"].as_str().unwrap_or_default();
        let Ok(request) = request else { return Step::Wait };
        return match shortcuts(signer, &request, &usages, requester) {
            [] => Step::Wait,
            shortcuts => Step::Approve(shortcuts),
        };
    }
    match request {
        Err(why) => Step::Fail(why),
        Ok(request) => match signer.refusal(&request, &usages) {
            Some(why) => Step::Fail(why),
            None => Step::Sign(Box::new(request)),
        },
    }
}

/// Who made a request, as reviews name users.
fn requester(spec: &Value) -> Value {
    json!({
        "user": spec["username"], "uid": spec["uid"],
        "groups": spec["groups"], "extra": spec["extra"],
    })
}

fn sign(
    api: &Api,
    signer: &pki::Signer,
    request: &Request,
    object: &Value,
    now: Timestamp,
) -> Result<String, ApiError> {
    let wanted = pki::Wanted {
        subject: &request.subject,
        public_key: &request.public_key,
        alternative_names: request.alternative_names.as_deref(),
        usages: &usages(object),
        not_before: now - BACKDATE,
        not_after: (now + life(object["spec"]["expirationSeconds"].as_i64()))
            .min(signer.not_after()),
    };
    signer.issue(&wanted, api.registry().random()).map_err(ApiError::internal)
}

/// How long a certificate lives for which this was asked.
fn life(asked: Option<i64>) -> SignedDuration {
    asked.map_or(LIFE, SignedDuration::from_secs).clamp(LIFE_MIN, LIFE)
}

#[cfg(test)]
mod tests;
