//! Tokens of an `OpenID` Connect provider (`OpenID` Connect Core 1.0, section 2; Discovery 1.0).

mod claims;
pub(super) mod expression;
mod keys;
mod p521;
mod token;

use std::sync::Arc;

use base::Clock;

use super::configuration::Provider;
use crate::BoxError;
use crate::identity::User;
use crate::outgoing::Outgoing;
use claims::Claims;
use keys::Keys;
use token::{Algorithm, Token};

/// A provider.
#[derive(Debug)]
pub(super) struct Oidc {
    issuer: String,
    algorithms: Vec<Algorithm>,
    keys: Arc<Keys>,
    claims: Claims,
    clock: Clock,
}

impl Oidc {
    /// A provider whose keys may be known to one of those `before`.
    pub(super) fn new(
        provider: Provider,
        before: &[Self],
        outgoing: &Arc<Outgoing>,
        clock: Clock,
    ) -> Result<Self, BoxError> {
        let algorithms = provider.signing_algs.iter().map(|name| algorithm(name));
        let mut known = before.iter().map(|other| &other.keys);
        let keys = known.find(|keys| keys.are_of(&provider.issuer)).cloned();
        Ok(Self {
            algorithms: algorithms.collect::<Result<_, _>>()?,
            keys: keys.unwrap_or_else(|| Arc::new(Keys::new(&provider.issuer, outgoing))),
            issuer: provider.issuer.url.clone(),
            claims: Claims::new(provider)?,
            clock,
        })
    }

    /// Makes sure that the provider can be asked.
    pub(super) async fn ready(&self) -> Result<(), String> {
        self.keys.ready().await
    }

    /// The user a token of this provider stands for; `None` when it is somebody else's.
    pub(super) async fn identify(&self, token: &str) -> Result<Option<User>, String> {
        let Some(token) = Token::read(token) else { return Ok(None) };
        if token.claims["iss"] != self.issuer.as_str() {
            return Ok(None);
        }
        let known = self.algorithms.iter().any(|own| own.name() == token.algorithm);
        if !known {
            return Err(format!(
                "oidc: id token signed with unsupported algorithm {}",
                token.algorithm
            ));
        }
        let claims = self.keys.open(&token).await?;
        self.claims.user(&claims, self.clock.now()).map(Some)
    }
}

/// Only algorithms whose keys the provider can publish.
fn algorithm(name: &str) -> Result<Algorithm, BoxError> {
    Algorithm::named(name).ok_or_else(|| format!("oidc: unsupported signing alg: {name:?}").into())
}

#[cfg(test)]
mod tests;
