//! Selectors read, print and match.

use proptest::prelude::*;
use serde_json::json;

use super::{LabelSelector, Labels};

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn selectors_match_labels() {
    let web = labels(&[("app", "web"), ("tier", "3"), ("empty", "")]);
    for (selector, expected) in [
        ("", true),
        ("app=web", true),
        ("app==web", true),
        (" app = web ", true),
        ("app=", false),
        ("empty=", true),
        ("empty", true),
        ("app!=web", false),
        ("none!=web", true),
        ("app in (web,db)", true),
        ("app in ( db )", false),
        ("app notin (db)", true),
        ("none notin (db)", true),
        ("app,tier", true),
        ("!app", false),
        ("! none", true),
        ("tier>2", true),
        ("tier<3", false),
        ("app>2", false),
        ("app=web,tier in (3),!none", true),
        ("in in (in)", false),
    ] {
        assert_eq!(LabelSelector::parse(selector).unwrap().matches(&web), expected, "{selector}");
    }
}

#[test]
fn malformed_selectors_fail() {
    for selector in [
        "a b", "a=b c", "a in b", "a in (b", "a,", ",a", "=a", "a in ()x", "a>b", "a=b=c", "!",
        "a/b/c=d", "a=b$", "(", "a notin", "a=ü",
    ] {
        assert!(LabelSelector::parse(selector).is_err(), "{selector}");
    }
}

#[test]
fn selectors_in_documents_match_too() {
    let selector = LabelSelector::from_value(&json!({
        "matchLabels": {"app": "web"},
        "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["db"]}],
    }))
    .unwrap();
    assert_eq!(selector.to_string(), "app=web,tier notin (db)");
    assert!(selector.matches_object(&json!({"metadata": {"labels": {"app": "web"}}})));
    assert!(!selector.matches_object(&json!({"metadata": {}})));
}

#[test]
fn an_absent_selector_selects_nothing_and_an_empty_one_everything() {
    let nothing = LabelSelector::from_value(&json!(null)).unwrap();
    let everything = LabelSelector::from_value(&json!({})).unwrap();
    assert!(!nothing.matches(&Labels::new()) && !nothing.is_everything());
    assert!(everything.matches(&Labels::new()) && everything.is_everything());
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same(
        terms in prop::collection::vec(
            prop_oneof![
                "[a-z]{1,5}", "![a-z]{1,5}", "[a-z]{1,5}(=|!=)[a-z0-9]{0,4}", "[a-z]{1,5} (in|notin) \\([a-z]{1,3}(,[a-z]{1,3}){0,3}\\)",
                "[a-z]{1,5}(>|<)[0-9]{1,4}",
            ],
            0..5,
        )
    ) {
        let selector = LabelSelector::parse(&terms.join(",")).unwrap();
        prop_assert_eq!(LabelSelector::parse(&selector.to_string()).unwrap(), selector);
    }

    #[test]
    fn no_text_panics(text in "[a-z=!(),<> ü]{0,20}") {
        let _ = LabelSelector::parse(&text);
    }
}

#[test]
fn a_client_may_ask_for_so_much_at_once() {
    let many = |count: usize| vec!["!a"; count].join(",");
    assert!(LabelSelector::parse(&many(256)).is_ok());
    let refused = LabelSelector::parse(&many(257)).unwrap_err();
    assert_eq!(refused.message, "invalid selector: must have at most 256 requirements");
    let many = |count: usize| vec!["a!=b"; count].join(",");
    assert!(crate::FieldSelector::parse(&many(256)).is_ok());
    assert!(crate::FieldSelector::parse(&many(257)).is_err());
}
