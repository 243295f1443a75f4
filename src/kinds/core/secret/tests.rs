use expect_test::expect;
use serde_json::{Value, json};

use super::Secret;
use crate::fixture::{admitted, check, check_updates, problems, problems_of_update, row};

fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "AA=="},
        "metadata": {"name": "hidden", "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"}})
}

#[test]
fn text_becomes_data() {
    let mut secret = valid();
    secret["stringData"] = json!({"a": "new", "b": "hello"});
    let secret = admitted(&Secret, secret);
    assert_eq!(secret["data"], json!({"a": "bmV3", "b": "aGVsbG8="}));
    assert_eq!(secret.get("stringData"), None);
    assert_eq!(secret["type"], "Opaque");
}

#[test]
fn keys_and_size_are_checked() {
    check(
        &Secret,
        &valid(),
        &[
            ("/data/..", json!(""), "data[..]: Invalid value: \"..\": must not be '..'"),
            (
                "/data/a",
                json!("A".repeat(1_400_000)),
                "data: Too long: may not be more than 1048576 bytes",
            ),
        ],
    );
}

#[test]
fn a_type_asks_for_its_keys() {
    for (kind, expected) in [
        ("helm.sh/release.v1", ""),
        ("kubernetes.io/tls", "data[tls.crt]: Required value\ndata[tls.key]: Required value"),
        ("kubernetes.io/ssh-auth", "data[ssh-privatekey]: Required value"),
        (
            "kubernetes.io/basic-auth",
            "data[username]: Required value\ndata[password]: Required value",
        ),
        ("kubernetes.io/dockerconfigjson", "data[.dockerconfigjson]: Required value"),
        (
            "kubernetes.io/service-account-token",
            "metadata.annotations[kubernetes.io/service-account.name]: Required value",
        ),
    ] {
        let mut secret = valid();
        secret["type"] = json!(kind);
        assert_eq!(problems(&Secret, &admitted(&Secret, secret)), expected, "{kind}");
    }
}

#[test]
fn the_passwords_of_registries_are_an_object_in_json() {
    let problem = |text: &str| {
        let mut secret = valid();
        secret["type"] = json!("kubernetes.io/dockerconfigjson");
        secret["stringData"] = json!({".dockerconfigjson": text});
        let problems = problems(&Secret, &admitted(&Secret, secret));
        let start = "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": ";
        problems.strip_prefix(start).unwrap_or(&problems).to_owned()
    };
    assert_eq!(problem("{}"), "");
    assert_eq!(problem(""), "unexpected end of JSON input");
    assert_eq!(problem("{\"auths\":"), "unexpected end of JSON input");
    assert_eq!(
        problem("[]"),
        "json: cannot unmarshal array into Go value of type map[string]interface {}"
    );
}

#[test]
fn the_type_stays_and_so_does_immutable_data() {
    check_updates(
        &Secret,
        &valid(),
        &[
            ("/type", json!("other"), "type: Invalid value: \"other\": field is immutable"),
            ("/data/a", json!(""), ""),
        ],
    );
    let mut secret = valid();
    secret["immutable"] = json!(true);
    let expected = "data: Forbidden: field is immutable when `immutable` is set";
    check_updates(&Secret, &secret, &[("/data/a", json!(""), expected)]);
}

#[test]
fn the_row_counts_but_does_not_show() {
    expect![[r"
        Name: hidden
        Type: Opaque
        Data: 1
        Age: 4m5s
    "]]
    .assert_eq(&row(&Secret, &admitted(&Secret, valid())));
}

#[test]
fn a_token_stays_somebodys() {
    let mut old = admitted(&Secret, valid());
    old["type"] = json!("kubernetes.io/service-account-token");
    old["metadata"]["annotations"] = json!({"kubernetes.io/service-account.name": "a"});
    let mut new = old.clone();
    new["metadata"]["annotations"] = json!({});
    assert_eq!(
        problems_of_update(&Secret, &new, &old),
        "metadata.annotations[kubernetes.io/service-account.name]: Required value"
    );
}
