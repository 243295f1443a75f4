use super::*;

#[test]
fn only_algorithms_with_public_keys_are_accepted() {
    for name in ["RS256", "ES256", "ES512", "PS384"] {
        assert_eq!(algorithm(name).unwrap().name(), name);
    }
    for name in ["HS256", "none", "", "es256"] {
        assert!(algorithm(name).is_err(), "{name}");
    }
}
