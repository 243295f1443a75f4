//! Service-account tokens: signed with the cluster's key, bound to their account and, if asked, to a
//! pod or a secret (KEP-1205).

mod bootstrap;
mod claims;

use std::fmt;
use std::sync::Arc;

use base::{Clock, Random};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use machinery::{ApiError, FieldErrors, document};
use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::identity::User;
use crate::pki::Pki;
use crate::{BoxError, Config, Error};
use claims::{Binding, Claims, Reference};

/// Who issues the tokens, and whom they are for when the request names no audience.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
/// The least a client may ask for, as on Kubernetes.
const SECONDS_MIN: i64 = 600;
/// The most it gets, as on Kubernetes' largest: a stolen token should not live for ever.
const SECONDS_MAX: i64 = 1 << 32;
/// What it gets when it does not say.
const SECONDS_DEFAULT: i64 = 3600;

/// Checks and issues tokens.
pub(crate) struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    clock: Clock,
    random: Random,
    catalog: Arc<Catalog>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// Signs with the cluster's key; accounts are looked up in the catalog.
    pub(crate) fn new(pki: &Pki, config: &Config, catalog: Arc<Catalog>) -> Result<Self, Error> {
        let (clock, random) = (config.clock.clone(), config.random.clone());
        Self::with_key(pki.service_account_key_pem(), clock, random, catalog).map_err(Error::Pki)
    }

    fn with_key(
        key_pem: &str,
        clock: Clock,
        random: Random,
        catalog: Arc<Catalog>,
    ) -> Result<Self, BoxError> {
        let signing = EncodingKey::from_ec_pem(key_pem.as_bytes())?;
        let public = rcgen::KeyPair::from_pem(key_pem)?;
        let checking = DecodingKey::from_ec_der(rcgen::PublicKeyData::der_bytes(&public));
        Ok(Self { signing, checking, clock, random, catalog })
    }

    /// The user a bearer token stands for.
    pub(crate) fn authenticate(&self, token: &str) -> Option<User> {
        if let Some(user) = bootstrap::user(&self.catalog, token, self.clock.now()) {
            return Some(user);
        }
        let claims = self.check(token, &[ISSUER])?;
        self.lives(&claims.binding).then(|| claims.user())
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
        if !errors.is_empty() {
            return Err(ApiError::invalid("authentication.k8s.io", "TokenRequest", "", errors));
        }
        let binding = self.binding(account, &request["spec"]["boundObjectRef"])?;
        let audiences = request["spec"]["audiences"].as_array().into_iter().flatten();
        let audiences = audiences.filter_map(Value::as_str).map(str::to_owned).collect();
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
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: format!(
                "system:serviceaccount:{}:{}",
                binding.namespace, binding.serviceaccount.name
            ),
            aud: if audiences.is_empty() { vec![ISSUER.to_owned()] } else { audiences },
            exp: expires.as_second(),
            iat: now.as_second(),
            nbf: now.as_second(),
            jti: self.random.uuid(),
            binding,
        };
        let token = encode(&Header::new(Algorithm::ES256), &claims, &self.signing);
        token.map(|token| (token, expires)).map_err(ApiError::internal)
    }

    /// Checks signature, issuer, time and audience.
    fn check(&self, token: &str, audiences: &[&str]) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(audiences);
        // Time is checked against our own clock, which a test can own.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &self.checking, &validation).ok()?.claims;
        let now = self.clock.now().as_second();
        (claims.nbf <= now && now < claims.exp).then_some(claims)
    }

    /// Whether everything the token is bound to still exists, under the same uid.
    fn lives(&self, binding: &Binding) -> bool {
        let is = |plural: &str, reference: &Reference| {
            self.object(plural, &binding.namespace, &reference.name)
                .is_some_and(|object| object["metadata"]["uid"] == reference.uid.as_str())
        };
        is("serviceaccounts", &binding.serviceaccount)
            && binding.pod.as_ref().is_none_or(|pod| is("pods", pod))
            && binding.secret.as_ref().is_none_or(|secret| is("secrets", secret))
    }

    fn binding(&self, account: &Value, bound: &Value) -> Result<Binding, ApiError> {
        let namespace = document::namespace(account).to_owned();
        let serviceaccount = reference(account);
        let mut binding = Binding { namespace, serviceaccount, pod: None, secret: None };
        let kind = bound["kind"].as_str().unwrap_or_default();
        let (plural, slot) = match kind {
            "" => return Ok(binding),
            "Pod" => ("pods", &mut binding.pod),
            "Secret" => ("secrets", &mut binding.secret),
            _ => {
                let message =
                    format!("cannot bind token for serviceaccount to object of kind {kind}");
                return Err(ApiError::bad_request(message));
            }
        };
        let name = bound["name"].as_str().unwrap_or_default();
        let resource = machinery::Resource::new("", plural);
        let object = self
            .object(plural, &binding.namespace, name)
            .ok_or_else(|| ApiError::not_found(&resource, name))?;
        let found = reference(&object);
        let wanted = bound["uid"].as_str().unwrap_or_default();
        if !wanted.is_empty() && wanted != found.uid {
            let message = format!(
                "the UID in the bound object reference ({wanted}) does not match the UID in record. \
                 The object might have been deleted and then recreated"
            );
            return Err(ApiError::conflict(&resource, name, &message));
        }
        *slot = Some(found);
        Ok(binding)
    }

    fn object(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        let served = self.catalog.find("", "v1", plural)?;
        let found = served.shelf()?.get(&served.key(Some(namespace), name))?;
        Some(found.object())
    }
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
