//! The token with which a client goes on with a list.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use machinery::ApiError;
use serde::{Deserialize, Serialize};

/// Where a list was cut: the revision it shows, and the last key it sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Continuation {
    /// Absent when the rest is to be listed as it is, consistent with nothing.
    #[serde(rename = "rv", skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<u64>,
    #[serde(rename = "after")]
    pub(super) after: String,
}

impl Continuation {
    pub(super) fn encode(&self) -> String {
        let json = serde_json::to_vec(self).expect("a number and a text are always encodable");
        URL_SAFE_NO_PAD.encode(json)
    }

    pub(super) fn decode(token: &str) -> Result<Self, ApiError> {
        let invalid =
            || ApiError::bad_request("continue key is not valid: the token cannot be read");
        let json = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        serde_json::from_slice(&json).map_err(|_| invalid())
    }
}
