//! Tokens of old: kept in Secrets of a type of their own, without an end (before KEP-2799 every account had one).
//!
//! Whoever still wants one writes the Secret and names the account; the server fills the token in, and takes the
//! Secret away when the account has gone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use machinery::{ApiError, Reason, document};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::warn;

use super::claims::{Binding, Claims, Reference};
use super::verified::Verified;
use super::{INVALIDATED, Refusal, Tokens, is_live, reference};
use crate::api::Api;
use crate::authorize::own_identity;
use crate::cache::{Cached, Follower, News};

/// The issuer of every such token.
pub(super) const ISSUER: &str = "kubernetes/serviceaccount";
const TYPE: &str = "kubernetes.io/service-account-token";
const ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";
const ACCOUNT_UID: &str = "kubernetes.io/service-account.uid";
/// The first wait after a write that failed for another reason than somebody else's write; each is twice as long.
const RETRY: Duration = Duration::from_secs(1);
/// How often a Secret is tried as it is, as on Kubernetes.
const ATTEMPTS_MAX: u32 = 10;

/// What such a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LegacyClaims {
    iss: String,
    sub: String,
    #[serde(rename = "kubernetes.io/serviceaccount/namespace")]
    namespace: String,
    #[serde(rename = "kubernetes.io/serviceaccount/secret.name")]
    secret: String,
    #[serde(rename = "kubernetes.io/serviceaccount/service-account.name")]
    account: String,
    #[serde(rename = "kubernetes.io/serviceaccount/service-account.uid")]
    uid: String,
}

/// Checks a token of this kind: it counts as long as its Secret holds it.
pub(super) fn verify(tokens: &Tokens, token: &str) -> Result<Option<Arc<Verified>>, Refusal> {
    let Some(claims) = tokens.keys.open::<LegacyClaims>(token) else { return Ok(None) };
    let LegacyClaims { iss, sub, namespace, secret, account, uid } = claims;
    if iss != ISSUER || sub != Claims::subject(&namespace, &account) {
        return Ok(None);
    }
    let now = tokens.clock.now();
    let find = |plural, name: &str| tokens.cached(plural, Some(&namespace), name);
    let account_lives = find("serviceaccounts", &account).is_some_and(|o| is_live(&o, &uid, now));
    let held = find("secrets", &secret).map(|secret| secret.object());
    let holds = held.is_some_and(|held| {
        held["type"] == TYPE
            && held["metadata"]["deletionTimestamp"].is_null()
            && held["data"]["token"] == STANDARD.encode(token)
    });
    if !account_lives || !holds {
        return Err(INVALIDATED);
    }
    let binding = Binding::new(namespace, Reference { name: account, uid });
    Ok(Some(Arc::new(Verified::new(Claims {
        iss: ISSUER.to_owned(),
        sub,
        aud: tokens.audiences.clone(),
        exp: i64::MAX,
        iat: 0,
        nbf: 0,
        jti: String::new(),
        binding,
    }))))
}

/// Starts to fill in such Secrets.
pub(crate) fn start(tasks: &Tasks, api: Arc<Api>, authority_pem: String) {
    tasks.spawn_until_stop("service account token secrets", async move {
        follow(&api, &authority_pem).await;
    });
}

async fn follow(api: &Api, authority_pem: &str) {
    let shelf = |plural| {
        let served = api.registry().catalog().find("", "v1", plural)?;
        served.shelf().cloned()
    };
    let (Some(secrets), Some(accounts)) = (shelf("secrets"), shelf("serviceaccounts")) else {
        return;
    };
    let mut secret_news = Follower::new(Arc::clone(&secrets));
    let mut account_news = Follower::new(Arc::clone(&accounts));
    let mut failures = Failures::default();
    loop {
        let seen = (secrets.changed(), accounts.changed());
        // An account that goes takes its Secrets along; which ones, only a look at all of them tells.
        let look_at_all = match account_news.catch_up() {
            News::Everything(_) => true,
            News::Changes(changes) => changes.iter().any(|change| change.current.is_none()),
        };
        let changed = match secret_news.catch_up() {
            _ if look_at_all => secrets.all(),
            News::Everything(all) => all,
            News::Changes(changes) => {
                changes.iter().filter_map(|change| change.current.clone()).collect()
            }
        };
        failures.forget_all_but(|key| secrets.get(key));
        let again = failures.due(Instant::now()).filter_map(|key| secrets.get(key)).collect();
        for secret in [changed, again].iter().flatten().filter(|secret| is_token(secret)) {
            let may_fill = failures.may_try(secret, Instant::now());
            match settle(api, secret, authority_pem, may_fill).await {
                Err(error) if !matches!(error.reason, Reason::Conflict | Reason::NotFound) => {
                    warn!(%error, secret = %secret.key, "a service-account token cannot be kept");
                    failures.note(secret, &error, Instant::now());
                }
                _ if may_fill => failures.forget(&secret.key),
                _ => {}
            }
        }
        tokio::select! {
            biased;
            () = secrets.changed_after(seen.0) => {}
            () = accounts.changed_after(seen.1) => {}
            () = failures.next_due() => {}
        }
    }
}

/// Secrets that could not be filled in, by their keys. Nobody is tried for ever: what is refused as it is stays so until
/// somebody changes it.
#[derive(Debug, Default)]
struct Failures(BTreeMap<Arc<str>, Failure>);

#[derive(Debug)]
struct Failure {
    /// Of the Secret as it was tried.
    revision: u64,
    attempts: u32,
    /// When it is tried again, if it is.
    again_at: Option<Instant>,
}

impl Failures {
    fn may_try(&self, secret: &Cached, now: Instant) -> bool {
        self.0.get(&secret.key).is_none_or(|failure| {
            failure.revision != secret.revision || failure.again_at.is_some_and(|at| at <= now)
        })
    }

    fn note(&mut self, secret: &Cached, error: &ApiError, now: Instant) {
        let same = self.0.get(&secret.key).filter(|failure| failure.revision == secret.revision);
        let attempts = same.map_or(0, |failure| failure.attempts) + 1;
        let is_refused = (400..500).contains(&error.code()) && error.code() != 429;
        let wait = RETRY * 2_u32.saturating_pow(attempts - 1);
        let again_at = (!is_refused && attempts < ATTEMPTS_MAX).then(|| now + wait);
        let failure = Failure { revision: secret.revision, attempts, again_at };
        self.0.insert(Arc::clone(&secret.key), failure);
    }

    fn forget(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// Keeps those of Secrets that are as they were when they were tried.
    fn forget_all_but(&mut self, now: impl Fn(&str) -> Option<Arc<Cached>>) {
        self.0.retain(|key, failure| {
            now(key).is_some_and(|secret| secret.revision == failure.revision && is_token(&secret))
        });
    }

    fn due(&self, now: Instant) -> impl Iterator<Item = &str> {
        let due = move |failure: &Failure| failure.again_at.is_some_and(|at| at <= now);
        self.0.iter().filter(move |(_, failure)| due(failure)).map(|(key, _)| &**key)
    }

    async fn next_due(&self) {
        match self.0.values().filter_map(|failure| failure.again_at).min() {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}

/// Whether a Secret is of this type, told without reading all of it.
fn is_token(secret: &Cached) -> bool {
    // The type is the only field by which Secrets can be selected.
    !secret.terminating && secret.fields.iter().any(|field| **field == *TYPE)
}

/// What a Secret lacks is filled in; one without an account is deleted.
async fn settle(
    api: &Api,
    secret: &Cached,
    authority_pem: &str,
    may_fill: bool,
) -> Result<(), ApiError> {
    let mut object = secret.object();
    let tokens = api.authenticators().tokens();
    let annotation = |key: &str| {
        let annotations = &object["metadata"]["annotations"];
        annotations[key].as_str().unwrap_or_default().to_owned()
    };
    let (namespace, name) = (document::namespace(&object).to_owned(), annotation(ACCOUNT_NAME));
    let wanted = annotation(ACCOUNT_UID);
    let account = tokens.object("serviceaccounts", Some(&namespace), &name).map(|o| reference(&o));
    let account = account.filter(|account| wanted.is_empty() || account.uid == wanted);
    let registry = api.registry();
    let Some(account) = account else {
        // There may be another Secret of this name by now, which is nobody's to delete.
        return registry.delete_object(&own_identity(), "", "v1", "secrets", secret).await;
    };
    if !may_fill || !fill(tokens, &mut object, &account, authority_pem)? {
        return Ok(());
    }
    registry
        .replace_object(&own_identity(), "", "v1", "secrets", Some(&namespace), object)
        .await
        .map(drop)
}

/// Fills in what is missing; false when nothing is.
fn fill(
    tokens: &Tokens,
    secret: &mut Value,
    account: &Reference,
    authority_pem: &str,
) -> Result<bool, ApiError> {
    let before = secret.clone();
    let (namespace, name) =
        (document::namespace(secret).to_owned(), document::name(secret).to_owned());
    if !secret["data"].is_object() {
        secret["data"] = json!({});
    }
    secret["metadata"]["annotations"][ACCOUNT_UID] = account.uid.as_str().into();
    let data = &mut secret["data"];
    data["ca.crt"] = STANDARD.encode(authority_pem).into();
    data["namespace"] = STANDARD.encode(&namespace).into();
    if data["token"].as_str().is_none_or(str::is_empty) {
        let claims = LegacyClaims {
            iss: ISSUER.to_owned(),
            sub: Claims::subject(&namespace, &account.name),
            namespace,
            secret: name,
            account: account.name.clone(),
            uid: account.uid.clone(),
        };
        let token = tokens.keys.sign(&claims).map_err(ApiError::internal)?;
        data["token"] = STANDARD.encode(token).into();
    }
    Ok(*secret != before)
}

#[cfg(test)]
mod tests;
