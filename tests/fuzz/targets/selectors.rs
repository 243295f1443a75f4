//! Selectors, names, quantities and whatever else is a language in one line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use machinery::{FieldSelector, LabelSelector, Quantity, names};

fuzz_target!(|input: &str| {
    if let Ok(selector) = LabelSelector::parse(input) {
        let _ = selector.matches_by(|_| Some("value"));
        let _ = selector.matches_by(|_| None);
    }
    if let Ok(selector) = FieldSelector::parse(input) {
        let _ = selector.matches(|_| Some(input.into()));
    }
    if let Ok(quantity) = input.parse::<Quantity>() {
        let shown = quantity.to_string();
        let again: Quantity = shown.parse().expect("what is shown is a quantity");
        assert_eq!(again, quantity, "{input} is {shown}");
    }
    let _ = names::dns1123_subdomain(input);
    let _ = names::dns1123_label(input);
    let _ = names::qualified_name(input);
    let _ = names::label_value(input);
});
