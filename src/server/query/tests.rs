use super::*;

#[test]
fn a_query_is_decoded() {
    let query = Query::parse(Some("labelSelector=a%3Db%2Cc&watch=1&x=a+b&limit=5&empty")).unwrap();
    assert_eq!(query.get("labelSelector"), Some("a=b,c"));
    assert_eq!(query.get("x"), Some("a b"));
    assert!(query.flag("watch") && query.flag("empty") && !query.flag("absent"));
    assert_eq!(query.number("limit").unwrap(), Some(5));
    assert!(query.number("x").is_err());
}

#[test]
fn broken_escapes_are_refused() {
    for query in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
        assert!(Query::parse(Some(query)).is_err(), "{query}");
    }
}
