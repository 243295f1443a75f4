use serde_json::json;

use super::*;

const NOW: i64 = 1_767_225_600;

fn settings() -> OidcSettings {
    OidcSettings {
        issuer_url: "https://issuer.example".to_owned(),
        client_id: "isopod".to_owned(),
        groups_claim: Some("groups".to_owned()),
        groups_prefix: "oidc:".to_owned(),
        required_claims: vec![("team".to_owned(), "one".to_owned())],
        ..OidcSettings::default()
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://issuer.example", "sub": "ada", "aud": ["other", "isopod"], "exp": NOW + 60,
        "groups": ["dev", "ops"], "team": "one",
    })
}

fn found(change: impl FnOnce(&mut Value)) -> Result<User, String> {
    let mut claims = claims();
    change(&mut claims);
    user(&claims, &settings(), "p:", Timestamp::from_second(NOW).unwrap())
}

#[test]
fn claims_become_a_user_with_prefixes() {
    let user = found(|_| {}).unwrap();
    assert_eq!(user.name, "p:ada");
    assert_eq!(user.groups, ["oidc:dev", "oidc:ops"]);
    assert_eq!(found(|claims| claims["groups"] = "dev".into()).unwrap().groups, ["oidc:dev"]);
    assert!(found(|claims| claims["groups"] = Value::Null).unwrap().groups.is_empty());
    assert!(found(|claims| claims["aud"] = "isopod".into()).is_ok());
    assert!(found(|claims| claims["nbf"] = (NOW + 200).into()).is_ok());
}

#[test]
fn every_claim_that_is_wrong_refuses_the_token() {
    let wrong: &[(&str, Value)] = &[
        ("exp", NOW.into()),
        ("exp", Value::Null),
        ("exp", "tomorrow".into()),
        ("nbf", (NOW + 301).into()),
        ("aud", "other".into()),
        ("aud", Value::Null),
        ("sub", Value::Null),
        ("sub", "".into()),
        ("sub", 7.into()),
        ("team", "two".into()),
        ("team", Value::Null),
        ("groups", 7.into()),
        ("groups", json!(["dev", 7])),
        ("exp", json!(1e300)),
        ("exp", json!(-1e300)),
    ];
    for (claim, value) in wrong {
        let outcome = found(|claims| claims[claim] = value.clone());
        let far = *claim == "exp" && value.as_f64() == Some(1e300);
        assert!(outcome.is_err() || far, "{claim}: {value}");
    }
}

#[test]
fn an_address_counts_only_when_it_is_verified() {
    let settings = OidcSettings { username_claim: EMAIL.to_owned(), ..settings() };
    let check = |verified: Value| {
        let mut claims = claims();
        claims["email"] = "ada@example.com".into();
        if !verified.is_null() {
            claims["email_verified"] = verified;
        }
        user(&claims, &settings, "", Timestamp::from_second(NOW).unwrap())
    };
    assert_eq!(check(true.into()).unwrap().name, "ada@example.com");
    assert!(check(Value::Null).is_ok());
    assert!(check(false.into()).is_err());
    assert!(check("true".into()).is_err());
}

#[test]
fn a_user_may_be_in_a_thousand_groups_and_in_no_more() {
    let of = |count| found(|claims| claims["groups"] = vec!["dev"; count].into());
    assert_eq!(of(1_000).unwrap().groups.len(), 1_000);
    let expected = "oidc: parse groups claim \"groups\": a user may be in 1000 groups at most";
    assert_eq!(of(1_001).unwrap_err(), expected);
}
