//! A token before anybody knows whether it is genuine (RFC 7515).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// One that the library of tokens knows.
    Library(jsonwebtoken::Algorithm),
    /// ECDSA on the curve P-521.
    Es512,
}

/// What a token says, none of which counts before its signature is verified.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// What is signed.
    pub(super) message: &'a str,
    pub(super) signature: Vec<u8>,
    pub(super) algorithm: String,
    pub(super) key_id: Option<String>,
    pub(super) claims: Value,
}

impl Algorithm {
    /// Only those whose keys can be published.
    pub(super) fn named(name: &str) -> Option<Self> {
        use jsonwebtoken::Algorithm as Library;
        Some(Self::Library(match name {
            "RS256" => Library::RS256,
            "RS384" => Library::RS384,
            "RS512" => Library::RS512,
            "ES256" => Library::ES256,
            "ES384" => Library::ES384,
            "ES512" => return Some(Self::Es512),
            "PS256" => Library::PS256,
            "PS384" => Library::PS384,
            "PS512" => Library::PS512,
            _ => return None,
        }))
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Library(algorithm) => format!("{algorithm:?}"),
            Self::Es512 => "ES512".to_owned(),
        }
    }
}

impl<'a> Token<'a> {
    /// Reads a token in three parts; `None` when it is none.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (message, signature) = text.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header = document(header)?;
        Some(Self {
            text,
            message,
            signature: BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?,
            algorithm: header["alg"].as_str()?.to_owned(),
            key_id: header["kid"].as_str().map(str::to_owned),
            claims: document(claims)?,
        })
    }
}

fn document(part: &str) -> Option<Value> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}
