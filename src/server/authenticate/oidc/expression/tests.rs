use super::*;

#[test]
fn a_claim_is_read_where_it_is_named_and_not_where_a_text_names_it() {
    for source in [
        "claims.email",
        "claims.?email.orValue('')",
        "'it\\'s ' + claims.email",
        "claims . email",
        "has(claims.sub) ? claims.sub : claims.email",
    ] {
        assert!(reads_claim(source, "email"), "{source}");
    }
    for source in [
        "claims.email_verified",
        "claims.sub",
        "'claims.email' + claims.sub",
        "claims.sub // claims.email",
        "claims.emails[0]",
        "user.claims.email",
    ] {
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
