//! Service-account tokens: signed with the cluster's key, bound to their account and, if asked, to a pod, a
//! secret or a node (KEP-1205, KEP-4193), and those that Secrets of old hold.

mod bootstrap;
mod claims;
mod keys;
mod legacy;
mod verified;

use std::fmt;
use std::sync::Arc;

use base::{Clock, Counter, Random};
use jiff::{SignedDuration, Timestamp};
use machinery::{ApiError, FieldErrors, Resource, document};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cache::Cached;
use crate::catalog::Catalog;
use crate::identity::{Identity, User};
use crate::pki::Pki;
use crate::{BoxError, Config, Error};
use claims::{Binding, Claims, Reference};
use keys::Keys;
use verified::{Known, Verified};

pub(crate) use legacy::start;

/// Who issues the tokens, and whom they are for when the request names no audience, unless flags say otherwise.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
/// The least a client may ask for, as on Kubernetes.
const SECONDS_MIN: i64 = 600;
/// The most it gets, as on Kubernetes' largest: a stolen token should not live for ever.
const SECONDS_MAX: i64 = 1 << 32;
/// What it gets when it does not say.
const SECONDS_DEFAULT: i64 = 3600;
/// Whom one token may be for: all of them stand in it, and nobody speaks to as many servers with one.
const AUDIENCES_MAX: usize = 100;
/// How long a token outlives the end of what it is bound to, as on Kubernetes: programs that end may say so.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// Seconds that clocks may differ, as on Kubernetes: ours when a token was made from ours now.
const LEEWAY: i64 = 60;
/// Whoever asks for so many seconds, which no person would, asks as clients did whose tokens had no end, and may not know
/// that a token has to be read anew. Admission asks so for every pod, as on Kubernetes ...
const SECONDS_OF_OLD: i64 = 3607;
/// ... and the token lasts so long, but says when it should have been replaced.
const SECONDS_EXTENDED: i64 = 365 * 24 * 3600;

/// Checks and issues tokens.
pub(crate) struct Tokens {
    keys: Keys,
    /// The most a client gets if the operator wants less than the API allows.
    seconds_max: Option<i64>,
    /// The first one issues, all are accepted.
    issuers: Vec<String>,
    /// Whom tokens are for that this server accepts.
    audiences: Vec<String>,
    known: Known,
    /// Requests with tokens that should have been replaced, and with others.
    stale: Counter,
    valid: Counter,
    clock: Clock,
    random: Random,
    catalog: Arc<Catalog>,
}

/// Whom a token stands for, and for which of the audiences asked about it is.
pub(crate) type Recognised = (Arc<Identity>, Vec<String>);

/// Why a token that looks like one of this cluster is not accepted.
pub(crate) type Refusal = &'static str;

const BAD_AUDIENCE: Refusal = "service account token is not for this audience";
const EXPIRED: Refusal = "service account token has expired";
const EARLY: Refusal = "service account token is not valid yet";
const INVALIDATED: Refusal = "service account token has been invalidated";

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// Signs with the cluster's key or the one that flags name; accounts are looked up in the catalog.
    pub(crate) fn new(pki: &Pki, config: &Config, catalog: Arc<Catalog>) -> Result<Self, Error> {
        Self::make(pki, config, catalog).map_err(Error::Authentication)
    }

    fn make(pki: &Pki, config: &Config, catalog: Arc<Catalog>) -> Result<Self, BoxError> {
        let settings = &config.authentication;
        let mut others = Vec::new();
        for file in &settings.service_account_key_files {
            others.push(crate::authenticate::read_file(file)?);
        }
        let signing = match &settings.service_account_signing_key_file {
            Some(file) => {
                others.push(pki.service_account_key_pem().to_owned());
                crate::authenticate::read_file(file)?
            }
            None => pki.service_account_key_pem().to_owned(),
        };
        let (clock, random) = (config.clock.clone(), config.random.clone());
        let counter = |name, help| config.metrics.counters(name, help, &[]).with(&[]);
        Ok(Self {
            keys: Keys::new(&signing, &others, pki.retired_service_account_keys())?,
            issuers: settings.issuers(),
            audiences: settings.audiences(),
            seconds_max: config
                .operations
                .token_expiration_max
                .and_then(|most| i64::try_from(most.as_secs()).ok()),
            known: Known::default(),
            stale: counter(
                "serviceaccount_stale_tokens_total",
                "Tokens of service accounts that were used although they should have been replaced.",
            ),
            valid: counter(
                "serviceaccount_valid_tokens_total",
                "Tokens of service accounts that were used in time.",
            ),
            clock,
            random,
            catalog,
        })
    }

    /// The audiences that tokens for this server are for.
    pub(crate) fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Who issues the tokens.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuers[0]
    }

    /// The public keys, as a set (RFC 7517).
    pub(crate) fn key_set(&self) -> Value {
        self.keys.set()
    }

    /// What the tokens may be signed with.
    pub(crate) fn algorithms(&self) -> Vec<&str> {
        self.keys.algorithms()
    }

    /// Whom a service-account token stands for, and for whom of `audiences` it is; `None` when it is not one.
    pub(crate) fn authenticate(
        &self,
        token: &str,
        audiences: &[String],
    ) -> Result<Option<Recognised>, Refusal> {
        let Some(verified) = self.verify(token)? else { return Ok(None) };
        let named = |audience: &&String| verified.claims.aud.contains(audience);
        let meant: Vec<String> = audiences.iter().filter(named).cloned().collect();
        if meant.is_empty() {
            return Err(BAD_AUDIENCE);
        }
        Ok(Some((Arc::clone(&verified.identity), meant)))
    }

    /// Whom a token for this server stands for.
    pub(crate) fn identify(&self, token: &str) -> Result<Option<Arc<Identity>>, Refusal> {
        let Some(verified) = self.verify(token)? else { return Ok(None) };
        if !self.audiences.iter().any(|audience| verified.claims.aud.contains(audience)) {
            return Err(BAD_AUDIENCE);
        }
        Ok(Some(Arc::clone(&verified.identity)))
    }

    /// The user a bootstrap token stands for.
    pub(crate) fn bootstrap(&self, token: &str) -> Option<User> {
        bootstrap::user(&self.catalog, token, self.clock.now())
    }

    /// Checks everything but the audience.
    fn verify(&self, token: &str) -> Result<Option<Arc<Verified>>, Refusal> {
        let now = self.clock.now();
        let seconds = now.as_second();
        let known = self.known.get(token);
        let verified = match known {
            Some(known) => known,
            None => match self.open(token, seconds) {
                Some(opened) => opened,
                None => return legacy::verify(self, token),
            },
        };
        let claims = &verified.claims;
        if seconds.saturating_add(LEEWAY) < claims.nbf {
            return Err(EARLY);
        }
        if seconds.saturating_sub(LEEWAY) >= claims.exp {
            return Err(EXPIRED);
        }
        if !self.lives(&verified, now) {
            return Err(INVALIDATED);
        }
        let is_stale = claims.binding.warnafter.is_some_and(|end| end < seconds);
        let counter = if is_stale { &self.stale } else { &self.valid };
        counter.inc();
        Ok(Some(verified))
    }

    /// Checks signature and issuer.
    fn open(&self, token: &str, now: i64) -> Option<Arc<Verified>> {
        let claims: Claims = self.keys.open(token)?;
        if !self.issuers.contains(&claims.iss) || !claims.is_consistent() {
            return None;
        }
        let verified = Arc::new(Verified::new(claims));
        self.known.insert(token, &verified, now);
        Some(verified)
    }

    /// Whether everything the token is bound to still exists, under the same uid.
    fn lives(&self, verified: &Verified, now: Timestamp) -> bool {
        let binding = &verified.claims.binding;
        let mut found = Vec::with_capacity(3);
        let mut revisions = 0_u64;
        let mut settled = true;
        for (plural, namespaced, reference) in binding.objects() {
            let namespace = namespaced.then_some(binding.namespace.as_str());
            let Some(object) = self.cached(plural, namespace, &reference.name) else {
                return false;
            };
            revisions = revisions.wrapping_add(object.revision);
            settled &= !object.terminating;
            found.push((object, reference));
        }
        if settled && verified.was_seen_at(revisions) {
            return true;
        }
        let lives = found.iter().all(|(object, reference)| is_live(object, &reference.uid, now));
        if lives {
            verified.see_at(revisions);
        }
        lives
    }

    /// Answers a `TokenRequest` for a service account: the same document, with a token.
    pub(crate) fn issue(&self, account: &Value, mut request: Value) -> Result<Value, ApiError> {
        let seconds = request["spec"]["expirationSeconds"].as_i64().unwrap_or(SECONDS_DEFAULT);
        let errors = FieldErrors::new();
        let field = "expirationSeconds";
        if seconds < SECONDS_MIN {
            let detail = "may not specify a duration less than 10 minutes";
            errors.at("spec").invalid(field, seconds, detail);
        } else if seconds > SECONDS_MAX {
            let detail = "may not specify a duration larger than 2^32 seconds";
            errors.at("spec").invalid(field, seconds, detail);
        }
        let audiences = document::list_at(&request, "/spec/audiences").len();
        if audiences > AUDIENCES_MAX {
            errors.at("spec").too_many("audiences", audiences, AUDIENCES_MAX);
        }
        if !errors.is_empty() {
            return Err(ApiError::invalid("authentication.k8s.io", "TokenRequest", "", errors));
        }
        let binding = self.binding(account, &request["spec"]["boundObjectRef"])?;
        let audiences = request["spec"]["audiences"].as_array().into_iter().flatten();
        let mut audiences: Vec<String> =
            audiences.filter_map(Value::as_str).map(str::to_owned).collect();
        if audiences.is_empty() {
            audiences.clone_from(&self.audiences);
        }
        request["spec"]["audiences"] = audiences.clone().into();
        let seconds = self.seconds_max.map_or(seconds, |most| seconds.min(most));
        let (token, expires) = self.sign(binding, audiences, seconds)?;
        request["spec"]["expirationSeconds"] = seconds.into();
        request["status"] = json!({ "token": token, "expirationTimestamp": seconds_text(expires) });
        request["metadata"]["name"] = account["metadata"]["name"].clone();
        request["metadata"]["namespace"] = account["metadata"]["namespace"].clone();
        request["metadata"]["creationTimestamp"] = seconds_text(self.clock.now()).into();
        Ok(request)
    }

    fn sign(
        &self,
        binding: Binding,
        audiences: Vec<String>,
        seconds: i64,
    ) -> Result<(String, Timestamp), ApiError> {
        let now = self.clock.now();
        let expires = now + SignedDuration::from_secs(seconds);
        let is_ours = audiences.iter().all(|audience| self.audiences.contains(audience));
        let extends = seconds == SECONDS_OF_OLD && binding.pod.is_some() && is_ours;
        let extended = self.seconds_max.map_or(SECONDS_EXTENDED, |most| most.min(SECONDS_EXTENDED));
        let end = if extends { now + SignedDuration::from_secs(extended) } else { expires };
        let warnafter = extends.then(|| expires.as_second());
        let binding = Binding { warnafter, ..binding };
        let claims = Claims {
            iss: self.issuer().to_owned(),
            sub: Claims::subject(&binding.namespace, &binding.serviceaccount.name),
            aud: audiences,
            exp: end.as_second(),
            iat: now.as_second(),
            nbf: now.as_second(),
            jti: self.random.uuid(),
            binding,
        };
        self.keys.sign(&claims).map(|token| (token, expires)).map_err(ApiError::internal)
    }

    /// What a token is bound to that a request wants bound to an object.
    fn binding(&self, account: &Value, bound: &Value) -> Result<Binding, ApiError> {
        let namespace = document::namespace(account).to_owned();
        let mut binding = Binding::new(namespace, reference(account));
        if bound.is_null() {
            return Ok(binding);
        }
        let text = |field: &str| bound[field].as_str().unwrap_or_default();
        let version = text("apiVersion");
        let (plural, namespaced) = match (text("kind"), version) {
            ("Pod", "v1" | "") => ("pods", true),
            ("Secret", "v1" | "") => ("secrets", true),
            ("Node", "v1" | "") => ("nodes", false),
            (kind, version) => {
                let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
                let message =
                    format!("cannot bind token to object of type {group}/{version}, Kind={kind}");
                return Err(ApiError::bad_request(message));
            }
        };
        let name = text("name");
        let resource = Resource::new("", plural);
        let object = self
            .object(plural, namespaced.then_some(binding.namespace.as_str()), name)
            .ok_or_else(|| ApiError::not_found(&resource, name))?;
        let found = reference(&object);
        let wanted = text("uid");
        if !wanted.is_empty() && wanted != found.uid {
            let message = format!(
                "the UID in the bound object reference ({wanted}) does not match the UID in record. \
                 The object might have been deleted and then recreated"
            );
            return Err(ApiError::conflict(&resource, name, &message));
        }
        match plural {
            "pods" => self.bind_to_pod(&mut binding, &object, found)?,
            "secrets" => binding.secret = Some(found),
            _ => binding.node = Some(found),
        }
        Ok(binding)
    }

    /// A pod's own account only, and with the node that it runs on.
    fn bind_to_pod(
        &self,
        binding: &mut Binding,
        pod: &Value,
        found: Reference,
    ) -> Result<(), ApiError> {
        let account = &binding.serviceaccount.name;
        if document::str_at(pod, "/spec/serviceAccountName") != account {
            return Err(ApiError::bad_request(format!(
                "cannot bind token for serviceaccount {account:?} to pod running with different \
                 serviceaccount name."
            )));
        }
        let node = document::str_at(pod, "/spec/nodeName");
        if !node.is_empty() {
            let known = self.object("nodes", None, node).map(|node| reference(&node));
            let unknown = || Reference { name: node.to_owned(), uid: String::new() };
            binding.node = Some(known.unwrap_or_else(unknown));
        }
        binding.pod = Some(found);
        Ok(())
    }

    fn cached(&self, plural: &str, namespace: Option<&str>, name: &str) -> Option<Arc<Cached>> {
        let served = self.catalog.find("", "v1", plural)?;
        served.shelf()?.get(&served.key(namespace, name))
    }

    fn object(&self, plural: &str, namespace: Option<&str>, name: &str) -> Option<Value> {
        Some(self.cached(plural, namespace, name)?.object())
    }
}

/// The few fields of an object that decide whether it is the one a token is bound to.
#[derive(Deserialize)]
struct Peek {
    metadata: PeekMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PeekMetadata {
    uid: String,
    deletion_timestamp: Option<String>,
}

/// Whether an object has this uid and has not been gone for long.
fn is_live(object: &Cached, uid: &str, now: Timestamp) -> bool {
    let Ok(Peek { metadata }) = serde_json::from_slice::<Peek>(&object.bytes) else { return false };
    let ends = metadata.deletion_timestamp.map(|text| text.parse::<Timestamp>());
    metadata.uid == uid
        && ends.is_none_or(|end| end.is_ok_and(|end| now.duration_since(end) < GRACE))
}

fn reference(object: &Value) -> Reference {
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    Reference { name: document::name(object).to_owned(), uid }
}

fn seconds_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
