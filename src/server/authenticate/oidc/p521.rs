//! Keys on the curve P-521, whose signatures (`ES512`, RFC 7518) the library of tokens does not verify.

use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

/// Of one coordinate.
const BYTES: usize = 66;
/// Says that both coordinates follow (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// A public key.
#[derive(Debug)]
pub(super) struct Key(Vec<u8>);

impl Key {
    /// Reads a key as providers publish it (RFC 7517); `None` when it is another kind of key.
    pub(super) fn of_jwk(key: &Value) -> Option<Self> {
        if key["kty"] != "EC" || key["crv"] != "P-521" {
            return None;
        }
        let mut point = vec![UNCOMPRESSED];
        for coordinate in ["x", "y"] {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(key[coordinate].as_str()?).ok()?;
            point.extend(Some(bytes).filter(|bytes| bytes.len() == BYTES)?);
        }
        Some(Self(point))
    }

    pub(super) fn verifies(&self, message: &str, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, &self.0);
        key.verify(message.as_bytes(), signature).is_ok()
    }
}

#[cfg(test)]
mod tests;
