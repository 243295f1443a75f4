use super::super::claims::Reference;
use super::*;

fn verified(exp: i64) -> Arc<Verified> {
    let account = Reference { name: "web".to_owned(), uid: "u".to_owned() };
    let binding = super::super::claims::Binding::new("default".to_owned(), account);
    Arc::new(Verified::new(Claims {
        iss: String::new(),
        sub: Claims::subject("default", "web"),
        aud: Vec::new(),
        exp,
        iat: 0,
        nbf: 0,
        jti: String::new(),
        binding,
    }))
}

#[test]
fn tokens_are_remembered_unless_they_are_very_long() {
    let known = Known::default();
    let (short, long) = ("s".repeat(TOKEN_BYTES_MAX), "l".repeat(TOKEN_BYTES_MAX + 1));
    for token in [&short, &long] {
        known.insert(token, &verified(1), 0);
    }
    assert!(known.get(&short).is_some());
    assert!(known.get(&long).is_none());
}

#[test]
fn what_has_expired_makes_room_for_others() {
    let known = Known::default();
    for number in 0..TOKENS_MAX {
        let lives = number == 0;
        known.insert(&number.to_string(), &verified(if lives { 9 } else { 5 }), 0);
    }
    known.insert("new", &verified(9), 5);
    assert!(known.get("new").is_some() && known.get("0").is_some());
    assert!(known.get("1").is_none());
}
