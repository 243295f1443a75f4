use super::*;

fn own() -> Vec<String> {
    vec!["api".to_owned()]
}

#[test]
fn an_answer_becomes_a_user_for_the_audiences_it_names() {
    let status = json!({
        "authenticated": true,
        "user": {"username": "ada", "uid": "1", "groups": ["dev"], "extra": {"a": ["b"]}},
        "audiences": ["vault"],
    });
    let asked = ["vault".to_owned(), "api".to_owned()];
    let (identity, audiences) = recognised(&status, &asked, &own()).unwrap();
    assert_eq!(identity.user.name, "ada");
    assert_eq!(identity.user.groups, ["dev", "system:authenticated"]);
    assert_eq!(identity.user.extra["a"], ["b"]);
    assert_eq!(audiences, ["vault"]);
}

#[test]
fn a_service_that_knows_no_audiences_speaks_for_this_server_only() {
    let status = json!({"authenticated": true, "user": {"username": "ada"}});
    assert_eq!(recognised(&status, &own(), &own()).unwrap().1, own());
    assert!(recognised(&status, &["vault".to_owned()], &own()).is_none());
}

#[test]
fn anything_else_is_nobody() {
    for status in [
        json!({}),
        json!(null),
        json!({"authenticated": "true", "user": {"username": "ada"}}),
        json!({"authenticated": true, "user": {"username": ""}}),
        json!({"authenticated": true}),
        json!({"authenticated": true, "user": {"username": "ada"}, "audiences": ["other"]}),
    ] {
        assert!(recognised(&status, &own(), &own()).is_none(), "{status}");
    }
}
