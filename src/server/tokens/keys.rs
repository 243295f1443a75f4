//! The keys of service-account tokens: one signs, and every one that ever signed is still accepted.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rcgen::{KeyPair, PublicKeyData};
use rustls_pki_types::PrivateKeyDer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing::warn;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey as Parsed;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::BoxError;

/// Keys at most: a cluster that rotates monthly has these after two years, and a token without a key's id is
/// tried with each.
const KEYS_MAX: usize = 24;

/// Signs and checks.
pub(super) struct Keys {
    signing: EncodingKey,
    header: Header,
    public: Vec<PublicKey>,
}

/// A key that tokens may be signed with.
struct PublicKey {
    id: String,
    algorithm: Algorithm,
    key: DecodingKey,
    /// As the key set shows it (RFC 7517).
    jwk: Value,
}

impl Keys {
    /// Signs with this private key and accepts it and all `others`, which are PEM with any number of public keys,
    /// certificates or private keys, and of `retired` ones, of which the last is the newest, as many as there is room for.
    pub(super) fn new(
        signing_pem: &str,
        others: &[String],
        retired: &[String],
    ) -> Result<Self, BoxError> {
        let pair = KeyPair::from_pem(signing_pem)?;
        let own = PublicKey::from_info(&pair.subject_public_key_info())?;
        let pem = pair.serialize_pem();
        let signing = match own.algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(pem.as_bytes())?,
            _ => EncodingKey::from_ec_pem(pem.as_bytes())?,
        };
        let header = Header { kid: Some(own.id.clone()), ..Header::new(own.algorithm) };
        let mut public = vec![own];
        for text in others {
            for key in public_keys(text)? {
                if public.iter().all(|known| known.id != key.id) {
                    public.push(key);
                }
            }
        }
        if public.len() > KEYS_MAX {
            return Err(format!("at most {KEYS_MAX} service-account keys are accepted").into());
        }
        for text in retired.iter().rev() {
            for key in public_keys(text)? {
                let is_new = public.iter().all(|known| known.id != key.id);
                if is_new && public.len() < KEYS_MAX {
                    public.push(key);
                } else if is_new {
                    let most = KEYS_MAX;
                    warn!(
                        key = key.id,
                        most, "tokens of this key count no more: it is one of the oldest"
                    );
                }
            }
        }
        Ok(Self { signing, header, public })
    }

    pub(super) fn sign(&self, claims: &impl Serialize) -> Result<String, BoxError> {
        Ok(jsonwebtoken::encode(&self.header, claims, &self.signing)?)
    }

    /// The claims of a token that one of the keys has signed; what they say is still to be checked.
    pub(super) fn open<C: DeserializeOwned + Clone>(&self, token: &str) -> Option<C> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let named = header.kid.as_deref();
        let mut fitting = self
            .public
            .iter()
            .filter(|key| key.algorithm == header.alg && named.is_none_or(|named| named == key.id));
        fitting.find_map(|key| {
            let checked =
                jsonwebtoken::decode::<C>(token, &key.key, &signature_only(key.algorithm));
            checked.ok().map(|checked| checked.claims)
        })
    }

    /// The key set, for whoever checks tokens without asking this server.
    pub(super) fn set(&self) -> Value {
        json!({ "keys": self.public.iter().map(|key| &key.jwk).collect::<Vec<_>>() })
    }

    /// The algorithms in use, each once.
    pub(super) fn algorithms(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.public.iter().filter_map(|key| key.jwk["alg"].as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Checks nothing but the signature: times are for our own clock, and audiences depend on who asks.
pub(super) fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

/// Every key of a PEM text.
fn public_keys(text: &str) -> Result<Vec<PublicKey>, BoxError> {
    let mut keys = Vec::new();
    for section in Pem::iter_from_buffer(text.as_bytes()) {
        let section = section?;
        let der = section.contents.as_slice();
        match section.label.as_str() {
            "PUBLIC KEY" => keys.push(PublicKey::from_info(der)?),
            "CERTIFICATE" => {
                let (_, certificate) = X509Certificate::from_der(der)?;
                keys.push(PublicKey::from_info(certificate.public_key().raw)?);
            }
            "PRIVATE KEY" | "EC PRIVATE KEY" | "RSA PRIVATE KEY" => {
                let private = PrivateKeyDer::try_from(der).map_err(BoxError::from)?;
                let pair = KeyPair::try_from(&private)?;
                keys.push(PublicKey::from_info(&pair.subject_public_key_info())?);
            }
            // Such as the parameters of a curve, which the key repeats.
            _ => {}
        }
    }
    if keys.is_empty() {
        return Err("there is no key in it".into());
    }
    Ok(keys)
}

impl PublicKey {
    /// From a `SubjectPublicKeyInfo` (RFC 5280).
    fn from_info(der: &[u8]) -> Result<Self, BoxError> {
        let (_, info) = SubjectPublicKeyInfo::from_der(der)?;
        let id = URL_SAFE_NO_PAD.encode(Sha256::digest(der));
        let raw = &info.subject_public_key.data;
        let (algorithm, key, mut jwk) = match info.parsed()? {
            Parsed::EC(point) => {
                let point = point.data();
                let (algorithm, curve) = match point.len() {
                    65 => (Algorithm::ES256, "P-256"),
                    97 => (Algorithm::ES384, "P-384"),
                    _ => return Err("the curve of the key is neither P-256 nor P-384".into()),
                };
                let (x, y) = point[1..].split_at((point.len() - 1) / 2);
                let [x, y] = [x, y].map(|part| URL_SAFE_NO_PAD.encode(part));
                let jwk = json!({ "kty": "EC", "crv": curve, "x": x, "y": y });
                (algorithm, DecodingKey::from_ec_der(raw), jwk)
            }
            Parsed::RSA(rsa) => {
                let [n, e] = [rsa.modulus, rsa.exponent].map(|number| {
                    let zeros = number.iter().take_while(|byte| **byte == 0).count();
                    URL_SAFE_NO_PAD.encode(&number[zeros..])
                });
                let jwk = json!({ "kty": "RSA", "n": n, "e": e });
                (Algorithm::RS256, DecodingKey::from_rsa_der(raw), jwk)
            }
            _ => return Err("the key is neither RSA nor ECDSA".into()),
        };
        jwk["use"] = "sig".into();
        jwk["kid"] = id.as_str().into();
        jwk["alg"] = format!("{algorithm:?}").into();
        Ok(Self { id, algorithm, key, jwk })
    }
}

#[cfg(test)]
mod tests;
