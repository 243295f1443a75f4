//! What others need to check service-account tokens without asking this server: a discovery document and the
//! public keys (`OpenID` Connect Discovery 1.0, KEP-1393).

use std::net::SocketAddr;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};
use machinery::ApiError;
use serde_json::json;

use crate::Config;
use crate::respond::{self, Answer};
use crate::tokens::Tokens;

const DOCUMENT: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/openid/v1/jwks";
/// As on Kubernetes: a key that starts to sign an hour after it is published surprises nobody.
const CACHED: &str = "public, max-age=3600";

/// Answers the two paths; `keys_at` is where clients find the keys.
pub(crate) fn respond(
    tokens: &Tokens,
    keys_at: &str,
    path: &str,
) -> Option<Result<Answer, ApiError>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let (media, document) = match path {
        // An issuer that is no HTTPS address cannot be discovered.
        DOCUMENT if tokens.issuer().starts_with("https://") => {
            let document = json!({
                "issuer": tokens.issuer(),
                "jwks_uri": keys_at,
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": tokens.algorithms(),
            });
            ("application/json", document)
        }
        KEYS => ("application/jwk-set+json", tokens.key_set()),
        _ => return None,
    };
    let mut answer =
        respond::with_body(StatusCode::OK, media, Bytes::from(document.to_string()).into());
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(CACHED));
    Some(Ok(answer))
}

/// Where clients find the keys of a server at this address.
pub(crate) fn keys_uri(config: &Config, address: SocketAddr) -> String {
    let named = config.authentication.service_account_jwks_uri.clone();
    named.unwrap_or_else(|| format!("https://{address}{KEYS}"))
}
