use super::*;

#[test]
fn each_line_is_a_user() {
    let text = "one,ada,1,\"dev,ops\"\n\n# a comment\ntwo , bob , 2\n";
    let file = TokenFile::parse(text).unwrap();
    let user = |token: &str| file.identify(token).map(|identity| identity.user.clone());
    let ada = user("one").unwrap();
    assert_eq!((ada.name.as_str(), ada.uid.as_str()), ("ada", "1"));
    assert_eq!(ada.groups, ["dev", "ops", "system:authenticated"]);
    assert_eq!(user("two").unwrap().groups, ["system:authenticated"]);
    assert_eq!(user("three"), None);
    assert_eq!(user(""), None);
}

#[test]
fn a_line_without_a_uid_is_an_error_that_says_where() {
    let error = TokenFile::parse("one,ada,1\ntwo,bob\n").unwrap_err();
    assert!(error.to_string().starts_with("line 2:"), "{error}");
}
