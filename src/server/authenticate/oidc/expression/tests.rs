use super::*;

#[test]
fn a_claim_is_read_by_dot_by_question_and_in_brackets() {
    for source in [
        "claims.email",
        "claims.?email.orValue('')",
        "claims['email']",
        "claims[\"email\"] + ':x'",
        "claims . email",
        "has(claims.sub) ? claims.sub : claims.email",
    ] {
        assert!(reads_claim(source, "email"), "{source}");
    }
    for source in ["claims.email_verified", "claims.sub", "'claims' + 'email'", "claims.emails[0]"]
    {
        assert!(!reads_claim(source, "email"), "{source}");
    }
}

#[test]
fn expressions_see_what_they_are_about_and_nothing_else() {
    assert!(compile("claims.sub + ':' + claims['tenant']", Kind::Mapping).is_ok());
    assert!(compile("claims.exp - claims.nbf <= 86400", Kind::ClaimRule).is_ok());
    assert!(
        compile("user.groups.all(group, !group.startsWith('system:'))", Kind::UserRule).is_ok()
    );
    for (source, kind) in [
        ("user.username", Kind::Mapping),
        ("claims.sub == 'ada'", Kind::UserRule),
        ("user.name == 'ada'", Kind::UserRule),
        ("'text'", Kind::ClaimRule),
        ("claims.", Kind::Mapping),
    ] {
        assert!(compile(source, kind).is_err(), "{source}");
    }
}
