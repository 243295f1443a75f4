use super::*;

#[test]
fn only_algorithms_with_public_keys_are_accepted() {
    assert_eq!(algorithm("ES256").unwrap(), Algorithm::ES256);
    for name in ["HS256", "none", "", "es256"] {
        assert!(algorithm(name).is_err(), "{name}");
    }
}
