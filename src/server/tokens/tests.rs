use std::time::Duration;

use super::*;
use crate::cache::CacheProgress;

fn tokens() -> Tokens {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let clock = Clock::simulated("2026-01-01T00:00:00Z".parse().unwrap());
    let catalog = Arc::new(Catalog::new(kinds::KINDS, &Arc::new(CacheProgress::default())));
    Tokens::with_key(&key.serialize_pem(), clock, Random::seeded(1), catalog).unwrap()
}

fn account() -> Value {
    json!({ "metadata": { "name": "default", "namespace": "web", "uid": "u-1" } })
}

fn request(spec: Value) -> Value {
    json!({ "metadata": {}, "spec": spec })
}

#[tokio::test(start_paused = true)]
async fn a_token_names_its_account_until_it_expires() {
    let tokens = tokens();
    let answer = tokens.issue(&account(), request(json!({ "expirationSeconds": 600 }))).unwrap();
    assert_eq!(answer["status"]["expirationTimestamp"], "2026-01-01T00:10:00Z");
    let token = answer["status"]["token"].as_str().unwrap();
    assert_eq!(tokens.check(token, &[ISSUER]).unwrap().sub, "system:serviceaccount:web:default");
    tokio::time::advance(Duration::from_mins(10)).await;
    assert_eq!(tokens.check(token, &[ISSUER]), None);
}

#[tokio::test(start_paused = true)]
async fn a_token_for_somebody_else_is_refused() {
    let tokens = tokens();
    let answer = tokens.issue(&account(), request(json!({ "audiences": ["vault"] }))).unwrap();
    let token = answer["status"]["token"].as_str().unwrap();
    assert_eq!(tokens.check(token, &[ISSUER]), None);
    assert!(tokens.check(token, &["vault"]).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_token_whose_account_is_gone_authenticates_nobody() {
    let tokens = tokens();
    let answer = tokens.issue(&account(), request(json!({}))).unwrap();
    assert_eq!(tokens.authenticate(answer["status"]["token"].as_str().unwrap()), None);
}

#[tokio::test(start_paused = true)]
async fn too_short_a_life_is_refused() {
    let error = tokens().issue(&account(), request(json!({ "expirationSeconds": 5 }))).unwrap_err();
    assert!(error.message.contains("may not specify a duration less than 10 minutes"), "{error}");
}
