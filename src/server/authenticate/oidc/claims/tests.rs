use serde_json::json;

use super::*;
use crate::authenticate::OidcSettings;
use crate::authenticate::configuration::Configuration;

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
        "groups": ["dev", "ops"], "team": "one", "jti": "7",
    })
}

fn found(change: impl FnOnce(&mut Value)) -> Result<User, String> {
    let settings = OidcSettings { username_prefix: Some("p:".to_owned()), ..settings() };
    let mut claims = claims();
    change(&mut claims);
    by_flags(&settings).user(&claims, now())
}

fn by_flags(settings: &OidcSettings) -> Claims {
    Claims::new(Provider::of_flags(settings).unwrap()).unwrap()
}

/// As a file maps claims.
fn by_file(mappings: &str) -> Claims {
    let text = format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer: {{url: \
         'https://issuer.example', audiences: [isopod]}}\n{mappings}"
    );
    let mut configuration = Configuration::parse(&text, &[]).unwrap();
    Claims::new(configuration.jwt.remove(0)).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
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
        by_flags(&settings).user(&claims, now())
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

#[test]
fn expressions_make_users_of_claims() {
    let mapped = by_file(
        r#"
  claimMappings:
    username: {expression: "claims.sub + '@' + claims.team"}
    groups: {expression: "claims.groups.filter(group, group != 'ops')"}
    uid: {expression: "string(claims.exp)"}
    extra:
    - {key: example.com/team, valueExpression: claims.team}
    - {key: example.com/groups, valueExpression: claims.groups}
    - {key: example.com/none, valueExpression: "claims.?none.orValue('')"}
"#,
    );
    let user = mapped.user(&claims(), now()).unwrap();
    assert_eq!(user.name, "ada@one");
    assert_eq!(user.groups, ["dev"]);
    assert_eq!(user.uid, (NOW + 60).to_string());
    let extra = json!({
        "authentication.kubernetes.io/credential-id": ["JTI=7"],
        "example.com/team": ["one"], "example.com/groups": ["dev", "ops"],
    });
    assert_eq!(json!(user.extra), extra);
}

#[test]
fn what_must_be_true_of_claims_and_users_refuses_tokens() {
    let strict = by_file(
        r#"
  claimValidationRules:
  - {claim: team, requiredValue: one}
  - {expression: "claims.groups.size() < 3", message: too many groups}
  claimMappings:
    username: {claim: sub, prefix: ""}
    groups: {claim: groups, prefix: ""}
  userValidationRules:
  - {expression: "!user.username.startsWith('system:')", message: the prefix is for others}
  - {expression: "user.groups.all(group, group != 'system:masters')"}
"#,
    );
    let why = |change: &dyn Fn(&mut Value)| {
        let mut claims = claims();
        change(&mut claims);
        strict.user(&claims, now()).err()
    };
    assert_eq!(why(&|_| {}), None);
    assert_eq!(
        why(&|claims| claims["team"] = "two".into()).unwrap(),
        "oidc: required claim team value does not match"
    );
    let many = why(&|claims| claims["groups"] = json!(["a", "b", "c"])).unwrap();
    assert!(many.ends_with("failed: too many groups"), "{many}");
    let prefix = why(&|claims| claims["sub"] = "system:admin".into()).unwrap();
    assert!(prefix.ends_with("failed: the prefix is for others"), "{prefix}");
    let masters = why(&|claims| claims["groups"] = json!(["system:masters"])).unwrap();
    assert!(masters.ends_with("'user.groups.all(group, group != 'system:masters')' failed"));
    // What cannot be evaluated is not true.
    assert!(why(&|claims| claims["groups"] = Value::Null).is_some());
}

#[test]
fn an_expression_that_gives_no_name_refuses_the_token() {
    let mapped = by_file("  claimMappings: {username: {expression: claims.name}}\n");
    for name in [Value::Null, "".into(), 7.into(), json!(["ada"])] {
        let mut claims = claims();
        claims["name"] = name;
        assert!(mapped.user(&claims, now()).is_err());
    }
    assert!(mapped.user(&claims(), now()).is_err());
}
