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

/// Groups one request may ask to be seen in; each becomes a string compared by authorisation.
const IMPERSONATED_GROUPS_MAX: usize = 64;

/// The identity of a request: that of its connection, or that of its token, or nobody's.
pub(crate) fn authenticate(
    headers: &HeaderMap,
    connection: Option<Arc<Identity>>,
    tokens: &Tokens,
) -> Result<Arc<Identity>, ApiError> {
    let identity = match connection {
        Some(identity) => identity,
        None => match bearer(headers)? {
            Some(token) => tokens
                .authenticate(token)
                .map(|user| Arc::new(Identity::new(user)))
                .ok_or_else(ApiError::unauthorized)?,
            None => Arc::new(Identity::anonymous()),
        },
    };
    if headers.contains_key("impersonate-user") {
        impersonate(headers, &identity)
    } else {
        Ok(identity)
    }
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

/// Acts as somebody else, which those who may do everything may do too.
fn impersonate(headers: &HeaderMap, identity: &Identity) -> Result<Arc<Identity>, ApiError> {
    let text = |value: &http::HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
    let name = headers.get("impersonate-user").map(text).unwrap_or_default();
    if !identity.trusted {
        let resource = machinery::Resource::new("", "users");
        let message = format!(
            "User {:?} cannot impersonate resource \"users\" in API group \"\" at the cluster scope",
            identity.user.name
        );
        return Err(ApiError::forbidden(&resource, &name, &message));
    }
    let groups =
        headers.get_all("impersonate-group").iter().take(IMPERSONATED_GROUPS_MAX).map(text);
    let uid = headers.get("impersonate-uid").map(text).unwrap_or_default();
    let user = User { name, uid, groups: groups.collect(), ..User::default() };
    Ok(Arc::new(Identity::new(user)))
}
