use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};
use serde_json::Value;

use super::*;

fn pair() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
}

fn claims() -> Value {
    json!({ "sub": "somebody" })
}

#[test]
fn what_a_replaced_key_has_signed_still_opens() {
    let (old, new) = (pair(), pair());
    let before = Keys::new(&old.serialize_pem(), &[], &[]).unwrap();
    let token = before.sign(&claims()).unwrap();
    let after = Keys::new(&new.serialize_pem(), &[], &[old.public_key_pem()]).unwrap();
    assert_eq!(after.open::<Value>(&token), Some(claims()));
    assert_eq!(after.open::<Value>(&after.sign(&claims()).unwrap()), Some(claims()));
    assert_eq!(before.open::<Value>(&after.sign(&claims()).unwrap()), None);
    assert_eq!(after.set()["keys"].as_array().unwrap().len(), 2);
}

#[test]
fn the_larger_curve_signs_with_its_own_algorithm() {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let keys = Keys::new(&pair.serialize_pem(), &[], &[]).unwrap();
    assert_eq!(keys.algorithms(), ["ES384"]);
    let token = keys.sign(&claims()).unwrap();
    assert_eq!(keys.open::<Value>(&token), Some(claims()));
}

#[test]
fn the_same_key_twice_is_one_and_no_key_is_an_error() {
    let pair = pair();
    let others = [pair.public_key_pem(), pair.serialize_pem()];
    let keys = Keys::new(&pair.serialize_pem(), &others, &[]).unwrap();
    assert_eq!(keys.set()["keys"].as_array().unwrap().len(), 1);
    assert!(Keys::new(&pair.serialize_pem(), &["nothing".to_owned()], &[]).is_err());
}

#[test]
fn an_id_is_the_digest_of_the_public_key() {
    let pair = pair();
    let keys = Keys::new(&pair.serialize_pem(), &[], &[]).unwrap();
    let digest = Sha256::digest(pair.subject_public_key_info());
    assert_eq!(keys.set()["keys"][0]["kid"], URL_SAFE_NO_PAD.encode(digest));
}

#[test]
fn the_newest_of_many_retired_keys_still_count() {
    let retired: Vec<KeyPair> = (0..KEYS_MAX).map(|_| pair()).collect();
    let token = |pair: &KeyPair| {
        Keys::new(&pair.serialize_pem(), &[], &[]).unwrap().sign(&claims()).unwrap()
    };
    let public: Vec<String> = retired.iter().map(KeyPair::public_key_pem).collect();
    let keys = Keys::new(&pair().serialize_pem(), &[], &public).unwrap();
    assert_eq!(keys.open::<Value>(&token(&retired[0])), None, "the oldest has no room");
    for pair in &retired[1..] {
        assert_eq!(keys.open::<Value>(&token(pair)), Some(claims()));
    }
    assert!(Keys::new(&pair().serialize_pem(), &public, &[]).is_err(), "flags are not ignored");
}
