#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use machinery::FieldErrors;
use serde_json::json;

#[test]
fn a_profile_of_the_node_is_named_and_no_other_is() {
    let problems = |context| {
        let errors = FieldErrors::new();
        super::validate(&context, &errors.at("securityContext"));
        let found =
            errors.into_vec().into_iter().map(|error| format!("{}: {}", error.path, error.body()));
        found.collect::<Vec<_>>().join("\n")
    };
    let of = |kind: &str, file: Option<&str>| json!({ "type": kind, "localhostProfile": file });
    assert_eq!(problems(json!({ "seccompProfile": of("Localhost", Some("a/b.json")) })), "");
    assert_eq!(problems(json!({ "appArmorProfile": of("RuntimeDefault", None) })), "");
    let both = |profile: serde_json::Value| {
        problems(json!({ "seccompProfile": profile, "appArmorProfile": profile }))
    };
    expect_test::expect![[r#"
        securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost
        securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost"#]].assert_eq(&both(of("Localhost", None)));
    expect_test::expect![[r#"
        securityContext.seccompProfile.localhostProfile: Invalid value: "a": can only be set when seccomp type is Localhost
        securityContext.appArmorProfile.localhostProfile: Invalid value: "a": can only be set when AppArmor type is Localhost"#]].assert_eq(&both(of("Unconfined", Some("a"))));
    expect_test::expect![[r#"
        securityContext.seccompProfile.localhostProfile: Invalid value: "../a ": must not contain '..'
        securityContext.appArmorProfile.localhostProfile: Invalid value: "../a ": must not be padded with whitespace"#]].assert_eq(&both(of("Localhost", Some("../a "))));
    expect_test::expect![[r#"securityContext.seccompProfile.localhostProfile: Invalid value: "/a": must be a relative path"#]].assert_eq(&both(of("Localhost", Some("/a"))));
    expect_test::expect![[r#"
        securityContext.seccompProfile.type: Unsupported value: "Other": supported values: "Localhost", "RuntimeDefault", "Unconfined"
        securityContext.appArmorProfile.type: Unsupported value: "Other": supported values: "Localhost", "RuntimeDefault", "Unconfined""#]].assert_eq(&both(of("Other", None)));
}
