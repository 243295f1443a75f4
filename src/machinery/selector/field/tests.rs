//! Field selectors read, print and match.

use std::borrow::Cow;

use proptest::prelude::*;

use super::FieldSelector;

#[test]
fn selectors_match_fields() {
    let field = |label: &str| (label == "spec.nodeName").then_some(Cow::Borrowed("n,1"));
    for (selector, expected) in [
        ("", true),
        (r"spec.nodeName=n\,1", true),
        (r"spec.nodeName==n\,1", true),
        ("spec.nodeName!=n", true),
        ("spec.nodeName=n", false),
        ("status.phase=", true),
        ("status.phase!=", false),
        (r"spec.nodeName=n\,1,status.phase=x", false),
    ] {
        assert_eq!(FieldSelector::parse(selector).unwrap().matches(field), expected, "{selector}");
    }
}

#[test]
fn malformed_selectors_fail() {
    for selector in ["a", "a=b=c", r"a=\x", "a,b=c", r"a=b\"] {
        assert!(FieldSelector::parse(selector).is_err(), "{selector}");
    }
}

#[test]
fn an_exact_value_can_be_asked_for() {
    let selector = FieldSelector::parse("metadata.name=x,a!=b").unwrap();
    assert_eq!(selector.exact("metadata.name"), Some("x"));
    assert_eq!(selector.exact("a"), None);
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same(value in "[a-z,=\\\\]{0,8}", not in any::<bool>()) {
        let escaped = value.replace('\\', r"\\").replace(',', r"\,").replace('=', r"\=");
        let text = format!("a.b{}{escaped}", if not { "!=" } else { "=" });
        let selector = FieldSelector::parse(&text).unwrap();
        prop_assert_eq!(&selector.requirements[0].value, &value);
        prop_assert_eq!(FieldSelector::parse(&selector.to_string()).unwrap(), selector);
    }
}
