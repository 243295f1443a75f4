//! Tokens of an `OpenID` Connect provider (`OpenID` Connect Core 1.0, section 2; Discovery 1.0).
//!
//! The provider's keys are fetched when the first of its tokens arrives and kept. A token that names a key nobody has
//! seen makes the server look again, but not more often than the limit: anybody can make up such a name.

mod claims;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::Clock;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde_json::Value;
use tokio::time::Instant;
use tracing::{info, warn};

use super::OidcSettings;
use crate::BoxError;
use crate::identity::User;
use crate::outgoing::{Destination, Outgoing, Remote, Settings, Trust};

/// Between two looks at the provider's keys, whatever the outcome.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// For one answer of the provider, while a request waits for it.
const DEADLINE: Duration = Duration::from_secs(10);
/// Keys of one provider; the largest publish a handful.
const KEYS_MAX: usize = 64;
const DISCOVERY: &str = "/.well-known/openid-configuration";
/// What a flag says for no prefix at all.
const NO_PREFIX: &str = "-";
/// Its value may be anybody's until the provider says it is verified.
const EMAIL: &str = "email";

/// A provider.
#[derive(Debug)]
pub(super) struct Oidc {
    settings: OidcSettings,
    prefix: String,
    algorithms: Vec<Algorithm>,
    trust: Trust,
    outgoing: Arc<Outgoing>,
    clock: Clock,
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
    key: DecodingKey,
}

impl Oidc {
    pub(super) fn new(
        settings: &OidcSettings,
        outgoing: &Arc<Outgoing>,
        clock: Clock,
    ) -> Result<Self, BoxError> {
        let url = &settings.issuer_url;
        if !url.starts_with("https://") {
            return Err(format!("the OpenID Connect issuer {url:?} is no https address").into());
        }
        let algorithms = settings.signing_algs.iter().map(|name| algorithm(name));
        let trust = match &settings.ca_file {
            Some(file) => Trust::Authorities(super::read_file(file)?.into_bytes()),
            None => Trust::System,
        };
        let prefix = match settings.username_prefix.as_deref() {
            Some(NO_PREFIX) => String::new(),
            Some(prefix) => prefix.to_owned(),
            None if settings.username_claim == EMAIL => String::new(),
            None => format!("{url}#"),
        };
        Ok(Self {
            settings: settings.clone(),
            prefix,
            algorithms: algorithms.collect::<Result<_, _>>()?,
            trust,
            outgoing: Arc::clone(outgoing),
            clock,
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        })
    }

    /// The user a token of this provider stands for; `None` when it is somebody else's.
    pub(super) async fn identify(&self, token: &str) -> Result<Option<User>, String> {
        let Ok(header) = jsonwebtoken::decode_header(token) else { return Ok(None) };
        let unchecked = jsonwebtoken::dangerous::insecure_decode_claims::<Value>(token);
        let Ok(unchecked) = unchecked else { return Ok(None) };
        if unchecked["iss"] != self.settings.issuer_url.as_str() {
            return Ok(None);
        }
        if !self.algorithms.contains(&header.alg) {
            return Err(format!(
                "oidc: id token signed with unsupported algorithm {:?}",
                header.alg
            ));
        }
        let keys = self.keys_for(&header).await?;
        let claims = open(token, &header, &keys);
        let claims = claims.ok_or("oidc: verify token: failed to verify id token signature")?;
        claims::user(&claims, &self.settings, &self.prefix, self.clock.now()).map(Some)
    }

    /// The keys that may have signed a token with this header.
    async fn keys_for(&self, header: &Header) -> Result<Arc<Vec<Key>>, String> {
        if let Some(keys) = self.fitting(header) {
            return Ok(keys);
        }
        let _asking = self.asking.lock().await;
        if let Some(keys) = self.fitting(header) {
            // Somebody else has asked meanwhile.
            return Ok(keys);
        }
        {
            let mut known = self.known.lock().expect("nobody panics with it");
            if known.asked.is_some_and(|asked| asked.elapsed() < LOOK_AGAIN) {
                return Err("oidc: no key of the provider fits".to_owned());
            }
            known.asked = Some(Instant::now());
        }
        match self.fetch().await {
            Ok(keys) => {
                info!(
                    issuer = self.settings.issuer_url,
                    keys = keys.len(),
                    "read a provider's keys"
                );
                self.known.lock().expect("nobody panics with it").keys = Arc::new(keys);
            }
            Err(error) => {
                warn!(issuer = self.settings.issuer_url, %error, "cannot read a provider's keys");
                return Err("oidc: authenticator not initialized".to_owned());
            }
        }
        self.fitting(header).ok_or_else(|| "oidc: no key of the provider fits".to_owned())
    }

    fn fitting(&self, header: &Header) -> Option<Arc<Vec<Key>>> {
        let keys = Arc::clone(&self.known.lock().expect("nobody panics with it").keys);
        keys.iter().any(|key| key.fits(header)).then_some(keys)
    }

    async fn fetch(&self) -> Result<Vec<Key>, String> {
        let issuer = self.settings.issuer_url.as_str();
        let document = self.get(&format!("{}{DISCOVERY}", issuer.trim_end_matches('/'))).await?;
        if document["issuer"] != issuer {
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

impl Key {
    /// Whether a token with this header may be signed with it.
    fn fits(&self, header: &Header) -> bool {
        let family = self.key.family();
        family.algorithms().contains(&header.alg)
            && header.kid.as_ref().is_none_or(|id| self.id.as_ref() == Some(id))
    }
}

/// The claims of a token that one of the keys has signed.
fn open(token: &str, header: &Header, keys: &[Key]) -> Option<Value> {
    let mut validation = Validation::new(header.alg);
    // Times are for our own clock, and the audience is checked with the other claims.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let mut fitting = keys.iter().filter(|key| key.fits(header));
    fitting.find_map(|key| {
        jsonwebtoken::decode::<Value>(token, &key.key, &validation).ok().map(|data| data.claims)
    })
}

/// The keys of a set that verify signatures; others are left out.
fn keys(set: &Value) -> Vec<Key> {
    let all = set["keys"].as_array().into_iter().flatten();
    let parsed = all.filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
    let signing = parsed
        .filter(|key| matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature)));
    signing
        .filter_map(|jwk| {
            Some(Key { key: DecodingKey::from_jwk(&jwk).ok()?, id: jwk.common.key_id })
        })
        .take(KEYS_MAX)
        .collect()
}

/// Only algorithms whose keys the provider can publish.
fn algorithm(name: &str) -> Result<Algorithm, BoxError> {
    match name {
        "RS256" => Ok(Algorithm::RS256),
        "RS384" => Ok(Algorithm::RS384),
        "RS512" => Ok(Algorithm::RS512),
        "ES256" => Ok(Algorithm::ES256),
        "ES384" => Ok(Algorithm::ES384),
        "PS256" => Ok(Algorithm::PS256),
        "PS384" => Ok(Algorithm::PS384),
        "PS512" => Ok(Algorithm::PS512),
        _ => Err(format!("oidc: unsupported signing alg: {name:?}").into()),
    }
}

#[cfg(test)]
mod tests;
