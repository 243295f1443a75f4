//! Finds out who makes a request.
//!
//! A connection's client certificate is read once, when it is made; a bearer token is checked on each request.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use machinery::ApiError;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::identity::{Identity, User};
use crate::tokens::Tokens;

/// The identity of a request: that of its connection, or that of its token, or nobody's.
pub(crate) fn authenticate(
    headers: &HeaderMap,
    connection: Option<Arc<Identity>>,
    tokens: &Tokens,
) -> Result<Arc<Identity>, ApiError> {
    if let Some(identity) = connection {
        return Ok(identity);
    }
    let Some(token) = bearer(headers)? else { return Ok(Arc::new(Identity::anonymous())) };
    let user = tokens.authenticate(token).ok_or_else(ApiError::unauthorized)?;
    Ok(Arc::new(Identity::new(user)))
}

/// The user a verified client certificate stands for: its common name, in its organisations' groups.
pub(crate) fn user_of_certificate(der: &[u8]) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let subject = certificate.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?.to_owned();
    let groups = subject.iter_organization().filter_map(|group| group.as_str().ok());
    Some(User { name, groups: groups.map(str::to_owned).collect(), ..User::default() })
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| ApiError::unauthorized())?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(ApiError::unauthorized());
    }
    Ok(Some(token.trim()))
}
