//! What kubectl and others send, and what it means.

use super::Accept;

#[test]
fn a_table_is_asked_for_with_parameters_in_any_order() {
    let header = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;g=x;v=v1beta1;as=Table,application/json";
    let accept = Accept::parse(header);
    assert!(accept.offers[0].wants("meta.k8s.io", "v1", "Table"));
    assert!(!accept.offers[1].wants("meta.k8s.io", "v1", "Table"));
    assert_eq!(accept.offers[2].as_kind, None);
}

#[test]
fn quality_decides_the_order_and_zero_refuses() {
    let accept = Accept::parse("application/yaml;q=0.5, application/json, text/plain;q=0");
    let types: Vec<&str> = accept.offers.iter().map(|offer| offer.media_type.as_str()).collect();
    assert_eq!(types, ["application/json", "application/yaml", "text/plain"]);
    assert!(!accept.offers[2].takes("text/plain"));
}

#[test]
fn stars_take_what_they_stand_for() {
    assert!(Accept::parse("").offers[0].takes("application/json"));
    assert!(Accept::parse("application/*").offers[0].takes("application/json"));
    assert!(!Accept::parse("text/*").offers[0].takes("application/json"));
    assert_eq!(
        Accept::parse("application/json;stream=watch;pretty=1").offers[0].stream.as_deref(),
        Some("watch")
    );
}
