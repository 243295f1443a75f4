//! Where a request carries its token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use machinery::ApiError;
use std::borrow::Cow;

use crate::streaming::TOKEN_PROTOCOL;

/// The longest token that is looked at; real ones are two KiB, and heads of requests end at 64.
const TOKEN_BYTES_MAX: usize = 48 << 10;

/// The token of a request. Whoever shows something else, such as a password, has shown nothing.
pub(super) fn token(headers: &HeaderMap) -> Result<Option<Cow<'_, str>>, ApiError> {
    let found = match from_authorization(headers)? {
        Some(token) => Some(Cow::Borrowed(token)),
        None if headers.contains_key(UPGRADE) => from_protocols(headers)?,
        None => None,
    };
    match found {
        Some(token) if token.len() > TOKEN_BYTES_MAX => Err(ApiError::unauthorized()),
        found => Ok(found),
    }
}

fn from_authorization(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| ApiError::unauthorized())?;
    let (scheme, token) = text.trim().split_once(' ').unwrap_or((text, ""));
    let token = Some(token.trim()).filter(|token| !token.is_empty());
    Ok(token.filter(|_| scheme.eq_ignore_ascii_case("bearer")))
}

/// The token among the subprotocols of a WebSocket handshake; two of them are an attempt to confuse.
fn from_protocols(headers: &HeaderMap) -> Result<Option<Cow<'_, str>>, ApiError> {
    let lists = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|v| v.to_str().ok());
    let protocols = lists.flat_map(|list| list.split(',')).map(str::trim);
    let (encoded, others): (Vec<_>, Vec<_>) =
        protocols.partition(|protocol| protocol.starts_with(TOKEN_PROTOCOL));
    let mut encoded = encoded.iter().filter_map(|protocol| protocol.strip_prefix(TOKEN_PROTOCOL));
    let Some(first) = encoded.next() else { return Ok(None) };
    // The token is not echoed, and so there must be another that can be.
    if others.iter().all(|protocol| protocol.is_empty()) {
        return Err(ApiError::unauthorized());
    }
    let decoded =
        URL_SAFE_NO_PAD.decode(first).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match (decoded, encoded.next()) {
        (Some(token), None) if !token.is_empty() => Ok(Some(Cow::Owned(token))),
        _ => Err(ApiError::unauthorized()),
    }
}

#[cfg(test)]
mod tests;
