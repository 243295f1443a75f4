//! The keys of a provider, as they are published.
//!
//! They are fetched when the first of its tokens arrives and kept. A token that names a key nobody has seen makes the
//! server look again, but not more often than the limit: anybody can make up such a name.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;
use tokio::time::Instant;
use tracing::{info, warn};

use super::p521;
use super::token::{Algorithm, Token};
use crate::authenticate::configuration::Issuer;
use crate::outgoing::{Destination, Outgoing, Remote, Settings, Trust};

/// Between two looks at the provider's keys, whatever the outcome.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// For one answer of the provider, while a request waits for it.
const DEADLINE: Duration = Duration::from_secs(10);
/// Keys of one provider; the largest publish a handful.
const KEYS_MAX: usize = 64;
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The keys of one provider.
#[derive(Debug)]
pub(super) struct Keys {
    issuer: String,
    /// Where its discovery document is.
    document: String,
    /// Who signs its certificate, as it is configured.
    authority: String,
    trust: Trust,
    outgoing: Arc<Outgoing>,
    known: Mutex<Known>,
    /// Held while the provider is asked, so that it is asked once.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Arc<Vec<Key>>,
    asked: Option<Instant>,
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    verifier: Verifier,
}

#[derive(Debug)]
enum Verifier {
    Library(DecodingKey),
    P521(p521::Key),
}

impl Keys {
    pub(super) fn new(issuer: &Issuer, outgoing: &Arc<Outgoing>) -> Self {
        let trust = match issuer.certificate_authority.as_str() {
            "" => Trust::System,
            authority => Trust::Authorities(authority.as_bytes().to_vec()),
        };
        Self {
            issuer: issuer.url.clone(),
            document: document(issuer),
            authority: issuer.certificate_authority.clone(),
            trust,
            outgoing: Arc::clone(outgoing),
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// Whether these are the keys of an issuer as it is configured now.
    pub(super) fn are_of(&self, issuer: &Issuer) -> bool {
        self.issuer == issuer.url
            && self.document == document(issuer)
            && self.authority == issuer.certificate_authority
    }

    /// Makes sure that the provider can be asked: fails if it never could be.
    pub(super) async fn ready(&self) -> Result<(), String> {
        let _asking = self.asking.lock().await;
        if self.known().keys.is_empty() {
            let keys = self.fetch().await.map_err(|why| format!("{}: {why}", self.issuer))?;
            self.known().keys = Arc::new(keys);
        }
        Ok(())
    }

    /// The claims of a token that one of the keys has signed.
    pub(super) async fn open(&self, token: &Token<'_>) -> Result<Value, String> {
        let keys = self.fitting_or_new(token).await?;
        let claims = open(token, &keys);
        claims.ok_or_else(|| "oidc: verify token: failed to verify id token signature".to_owned())
    }

    /// The keys that may have signed a token.
    async fn fitting_or_new(&self, token: &Token<'_>) -> Result<Arc<Vec<Key>>, String> {
        if let Some(keys) = self.fitting(token) {
            return Ok(keys);
        }
        let _asking = self.asking.lock().await;
        if let Some(keys) = self.fitting(token) {
            // Somebody else has asked meanwhile.
            return Ok(keys);
        }
        {
            let mut known = self.known();
            if known.asked.is_some_and(|asked| asked.elapsed() < LOOK_AGAIN) {
                return Err("oidc: no key of the provider fits".to_owned());
            }
            known.asked = Some(Instant::now());
        }
        match self.fetch().await {
            Ok(keys) => {
                info!(issuer = self.issuer, keys = keys.len(), "read a provider's keys");
                self.known().keys = Arc::new(keys);
            }
            Err(error) => {
                warn!(issuer = self.issuer, %error, "cannot read a provider's keys");
                return Err("oidc: authenticator not initialized".to_owned());
            }
        }
        self.fitting(token).ok_or_else(|| "oidc: no key of the provider fits".to_owned())
    }

    fn fitting(&self, token: &Token<'_>) -> Option<Arc<Vec<Key>>> {
        let keys = Arc::clone(&self.known().keys);
        keys.iter().any(|key| key.fits(token)).then_some(keys)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("nobody panics with it")
    }

    async fn fetch(&self) -> Result<Vec<Key>, String> {
        let document = self.get(&self.document).await?;
        if document["issuer"] != self.issuer.as_str() {
            return Err(format!("the provider calls itself {}", document["issuer"]));
        }
        let keys_at = document["jwks_uri"].as_str().unwrap_or_default();
        if !keys_at.starts_with("https://") {
            return Err(format!("the keys are at {keys_at:?}, which is no https address"));
        }
        Ok(keys(&self.get(keys_at).await?))
    }

    async fn get(&self, url: &str) -> Result<Value, String> {
        let settings =
            Settings { trust: self.trust.clone(), ..Settings::new(Destination::of_url(url)?) };
        let remote = Remote::new(&self.outgoing, settings)?;
        let bytes = remote.get("", DEADLINE).await.map_err(|failure| failure.message)?;
        serde_json::from_slice(&bytes).map_err(|error| format!("{url}: {error}"))
    }
}

/// Where an issuer's discovery document is.
fn document(issuer: &Issuer) -> String {
    match issuer.discovery_url.as_str() {
        "" => format!("{}{DISCOVERY}", issuer.url.trim_end_matches('/')),
        elsewhere => elsewhere.to_owned(),
    }
}

impl Key {
    /// Whether a token may be signed with it.
    fn fits(&self, token: &Token<'_>) -> bool {
        let algorithm = Algorithm::named(&token.algorithm);
        let fits = match (&self.verifier, algorithm) {
            (Verifier::Library(key), Some(Algorithm::Library(algorithm))) => {
                key.family().algorithms().contains(&algorithm)
            }
            (Verifier::P521(_), Some(Algorithm::Es512)) => true,
            _ => false,
        };
        fits && token.key_id.as_ref().is_none_or(|id| self.id.as_ref() == Some(id))
    }

    /// The claims of a token that it has signed.
    fn open(&self, token: &Token<'_>) -> Option<Value> {
        match (&self.verifier, Algorithm::named(&token.algorithm)?) {
            (Verifier::Library(key), Algorithm::Library(algorithm)) => {
                let mut validation = Validation::new(algorithm);
                // Times are for our own clock, and the audience is checked with the other claims.
                validation.validate_exp = false;
                validation.validate_aud = false;
                validation.required_spec_claims.clear();
                let opened = jsonwebtoken::decode::<Value>(token.text, key, &validation);
                opened.ok().map(|data| data.claims)
            }
            (Verifier::P521(key), Algorithm::Es512) => {
                key.verifies(token.message, &token.signature).then(|| token.claims.clone())
            }
            _ => None,
        }
    }
}

fn open(token: &Token<'_>, keys: &[Key]) -> Option<Value> {
    keys.iter().filter(|key| key.fits(token)).find_map(|key| key.open(token))
}

/// The keys of a set that verify signatures; others are left out.
fn keys(set: &Value) -> Vec<Key> {
    let all = set["keys"].as_array().into_iter().flatten();
    let signing = all.filter(|key| matches!(key["use"].as_str(), None | Some("sig")));
    signing.filter_map(key).take(KEYS_MAX).collect()
}

fn key(key: &Value) -> Option<Key> {
    let id = key["kid"].as_str().map(str::to_owned);
    if let Some(key) = p521::Key::of_jwk(key) {
        return Some(Key { id, verifier: Verifier::P521(key) });
    }
    let parsed: Jwk = serde_json::from_value(key.clone()).ok()?;
    Some(Key { id, verifier: Verifier::Library(DecodingKey::from_jwk(&parsed).ok()?) })
}

#[cfg(test)]
mod tests;
