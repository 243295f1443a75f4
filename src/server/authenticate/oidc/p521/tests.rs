use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;

use super::*;

fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn a_key_as_providers_publish_it_verifies_what_it_has_signed() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(BYTES);
    let jwk = json!({
        "kty": "EC", "crv": "P-521", "alg": "ES512", "x": encoded(x), "y": encoded(y),
    });
    let key = Key::of_jwk(&jwk).unwrap();
    let signature = pair.sign(&SystemRandom::new(), b"header.claims").unwrap();
    assert!(key.verifies("header.claims", signature.as_ref()));
    assert!(!key.verifies("header.others", signature.as_ref()));
    assert!(!key.verifies("header.claims", &signature.as_ref()[1..]));
    for (field, wrong) in [("kty", "RSA"), ("crv", "P-256"), ("x", ""), ("y", "*")] {
        let mut other = jwk.clone();
        other[field] = wrong.into();
        assert!(Key::of_jwk(&other).is_none(), "{field}");
    }
}
