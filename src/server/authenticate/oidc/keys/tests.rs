use jsonwebtoken::Algorithm;

use super::*;

#[test]
fn keys_that_are_not_for_signatures_are_left_out() {
    let set = serde_json::json!({"keys": [
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "use": "enc", "kid": "1"},
        {"kty": "oct", "k": "AA", "kid": "2"},
        {"kty": "unheard-of"},
        7,
    ]});
    let ids: Vec<Option<String>> = keys(&set).into_iter().map(|key| key.id).collect();
    assert_eq!(ids, [Some("2".to_owned())]);
    // A shared secret is no key here either: no accepted algorithm is of its family.
    let header = Header::new(Algorithm::ES256);
    assert!(!keys(&set)[0].fits(&header));
    assert!(keys(&serde_json::Value::Null).is_empty());
}
