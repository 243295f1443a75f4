use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A token whose signature is for whoever makes it.
fn unsigned(algorithm: &str) -> String {
    let header = json!({"alg": algorithm, "kid": "1"}).to_string();
    format!("{}.{}", encoded(header), encoded(r#"{"sub":"ada"}"#))
}

#[test]
fn keys_that_are_not_for_signatures_are_left_out() {
    let set = json!({"keys": [
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "use": "enc", "kid": "1"},
        {"kty": "oct", "k": "AA", "kid": "2"},
        {"kty": "unheard-of"},
        7,
    ]});
    let ids: Vec<Option<String>> = keys(&set).into_iter().map(|key| key.id).collect();
    assert_eq!(ids, [Some("2".to_owned())]);
    // A shared secret is no key here either: no accepted algorithm is of its family.
    let token = format!("{}.", unsigned("ES256"));
    let token = Token::read(&token).unwrap();
    assert!(!keys(&set)[0].fits(&token));
    assert!(keys(&Value::Null).is_empty());
}

#[test]
fn a_key_on_a_curve_that_the_library_does_not_know_opens_its_tokens_alone() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(66);
    let jwk = json!({
        "kty": "EC", "crv": "P-521", "alg": "ES512", "kid": "1", "x": encoded(x), "y": encoded(y),
    });
    let keys = keys(&json!({"keys": [jwk]}));
    let signed = |algorithm: &str| {
        let message = unsigned(algorithm);
        let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", encoded(signature))
    };
    let open = |token: &str| super::open(&Token::read(token).unwrap(), &keys);
    assert_eq!(open(&signed("ES512")).unwrap(), json!({"sub": "ada"}));
    // Neither another algorithm nor another message.
    assert!(open(&signed("ES384")).is_none());
    assert!(open(&signed("none")).is_none());
    let other = signed("ES512").replace(&encoded(r#"{"sub":"ada"}"#), &encoded(r#"{"sub":"bob"}"#));
    assert!(open(&other).is_none());
}
