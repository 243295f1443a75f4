//! Which protocol a client asks for, and the answer that switches to it.

use http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::{Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use machinery::ApiError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::spdy;
use crate::body::Body;
use crate::respond::Answer;

/// In a SPDY handshake, the protocols that the client and then the server speak over it.
const STREAM_PROTOCOL: HeaderName = HeaderName::from_static("x-stream-protocol-version");
/// What the subprotocol is called by which a browser, which cannot set headers, sends a token; it must not be echoed.
pub(crate) const TOKEN_PROTOCOL: &str = "base64url.bearer.authorization.k8s.io.";

/// Protocols a client may offer; more are nonsense.
const OFFERS_MAX: usize = 16;

/// How the client wants to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    WebSocket,
    Spdy,
}

/// Whether a request asks for a WebSocket.
fn is_for_websocket(parts: &http::request::Parts) -> bool {
    let has = |name: &HeaderName, wanted: &str| {
        words(&parts.headers, name).iter().any(|word| word.eq_ignore_ascii_case(wanted))
    };
    has(&UPGRADE, "websocket") && has(&CONNECTION, "upgrade")
}

/// A request to switch protocols.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) carrier: Carrier,
    /// The protocols offered, the preferred one first.
    offers: Vec<String>,
    key: Option<HeaderValue>,
    upgrade: OnUpgrade,
}

impl Handshake {
    /// Reads the request if it asks for a WebSocket; what is answered as well without one may be asked for either way.
    pub(crate) fn asked(parts: &http::request::Parts) -> Result<Option<Self>, ApiError> {
        is_for_websocket(parts).then(|| Self::read(parts)).transpose()
    }

    /// Reads the request; it is an error if it does not ask to switch to a protocol known here.
    pub(crate) fn read(parts: &http::request::Parts) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let upgrade = parts.extensions.get::<OnUpgrade>().cloned();
        let wanted = words(headers, &UPGRADE);
        let wants = |name: &str| wanted.iter().any(|word| word.eq_ignore_ascii_case(name));
        let switching =
            words(headers, &CONNECTION).iter().any(|word| word.eq_ignore_ascii_case("upgrade"));
        let (true, Some(upgrade)) = (switching, upgrade) else {
            return Err(ApiError::bad_request("Upgrade request required"));
        };
        let key = headers.get(SEC_WEBSOCKET_KEY).cloned();
        let (carrier, offers) = match &key {
            Some(_) if wants("websocket") => (Carrier::WebSocket, SEC_WEBSOCKET_PROTOCOL),
            _ if wants(spdy::PROTOCOL) => (Carrier::Spdy, STREAM_PROTOCOL),
            _ => return Err(ApiError::bad_request("Upgrade request required")),
        };
        let mut offers = words(headers, &offers);
        offers.retain(|offer| !offer.starts_with(TOKEN_PROTOCOL));
        offers.truncate(OFFERS_MAX);
        Ok(Self { carrier, offers, key, upgrade })
    }

    /// The first of the client's protocols that the server speaks; a client that names none gets the first.
    pub(crate) fn choose(&self, spoken: &[&'static str]) -> Result<&'static str, ApiError> {
        if self.offers.is_empty() {
            return Ok(spoken[0]);
        }
        let chosen = self.offers.iter().find_map(|offer| spoken.iter().find(|own| *own == offer));
        chosen.copied().ok_or_else(|| {
            ApiError::bad_request(format!(
                "unable to upgrade: unable to negotiate protocol: client supports [{}], server accepts [{}]",
                self.offers.join(" "),
                spoken.join(" ")
            ))
        })
    }

    /// The client's first protocol, whatever it is.
    pub(crate) fn first(&self) -> String {
        self.offers.first().cloned().unwrap_or_default()
    }

    /// The answer, and what becomes the connection once the answer has been sent.
    pub(crate) fn accept(self, protocol: &str) -> (Answer, OnUpgrade) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        let named = !self.offers.is_empty();
        let name = match self.carrier {
            Carrier::WebSocket => {
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                let key = self.key.as_ref().map_or(&[][..], HeaderValue::as_bytes);
                let accept = HeaderValue::from_str(&derive_accept_key(key));
                headers.insert(SEC_WEBSOCKET_ACCEPT, accept.expect("base64 is visible"));
                SEC_WEBSOCKET_PROTOCOL
            }
            Carrier::Spdy => {
                headers.insert(UPGRADE, HeaderValue::from_static(spdy::PROTOCOL));
                STREAM_PROTOCOL
            }
        };
        if named && let Ok(protocol) = HeaderValue::from_str(protocol) {
            headers.insert(name, protocol);
        }
        (response, self.upgrade)
    }
}

/// Takes the token out of the subprotocols that are passed on: it is for this server alone.
pub(crate) fn withhold_token(headers: &mut HeaderMap) {
    let offers = words(headers, &SEC_WEBSOCKET_PROTOCOL);
    let rest: Vec<&str> = offers
        .iter()
        .map(String::as_str)
        .filter(|offer| !offer.starts_with(TOKEN_PROTOCOL))
        .collect();
    if rest.len() == offers.len() {
        return;
    }
    match HeaderValue::try_from(rest.join(", ")) {
        Ok(rest) if !rest.is_empty() => _ = headers.insert(SEC_WEBSOCKET_PROTOCOL, rest),
        _ => _ = headers.remove(SEC_WEBSOCKET_PROTOCOL),
    }
}

/// The comma-separated words of all headers of a name.
fn words(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let words = values.flat_map(|value| value.split(',')).map(str::trim);
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
