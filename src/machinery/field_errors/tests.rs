//! Pins the wording of field errors.

use serde_json::json;

use super::{Field, FieldErrors};

fn check(report: impl FnOnce(Field<'_>), expected: &str) {
    let errors = FieldErrors::new();
    report(errors.at("spec"));
    assert_eq!(errors.to_string(), expected);
}

#[test]
fn each_kind_of_error_has_its_words() {
    check(|spec| spec.required("x", ""), "spec.x: Required value");
    check(|spec| spec.required("x", "why"), "spec.x: Required value: why");
    check(|spec| spec.invalid("x", "v", "bad"), "spec.x: Invalid value: \"v\": bad");
    check(|spec| spec.invalid("x", 70000, "bad"), "spec.x: Invalid value: 70000: bad");
    check(
        |spec| spec.not_supported("x", "v", &["B", "A"]),
        "spec.x: Unsupported value: \"v\": supported values: \"A\", \"B\"",
    );
    check(|spec| spec.index(1).duplicate("name", "v"), "spec[1].name: Duplicate value: \"v\"");
    check(|spec| spec.forbidden("x", "no"), "spec.x: Forbidden: no");
    check(|spec| spec.too_long("x", 3), "spec.x: Too long: may not be more than 3 bytes");
    check(|spec| spec.too_many("x", 4, 3), "spec.x: Too many: 4: must have at most 3 items");
    check(|spec| spec.key("a/b").not_found("", "v"), "spec[a/b]: Not found: \"v\"");
}

#[test]
fn an_immutable_field_may_stay_as_it_is() {
    let errors = FieldErrors::new();
    errors.at("spec").immutable("x", Some(&json!(1)), Some(&json!(1)));
    errors.at("spec").immutable("x", None, Some(&json!(null)));
    assert!(errors.is_empty());
    errors.at("spec").immutable("x", Some(&json!("b")), Some(&json!("a")));
    assert_eq!(errors.to_string(), "spec.x: Invalid value: \"b\": field is immutable");
}

#[test]
fn several_errors_stand_in_brackets_once_each() {
    let errors = FieldErrors::new();
    for field in ["a", "b", "a"] {
        errors.root().required(field, "");
    }
    assert_eq!(errors.to_string(), "[a: Required value, b: Required value]");
    assert_eq!(errors.len(), 3);
}

#[test]
fn a_long_object_gets_a_short_answer() {
    let errors = FieldErrors::new();
    let long = errors.at("metadata").key(&"k".repeat(1 << 20));
    for index in 0..10_000 {
        long.index(index).required("name", "");
    }
    assert!(errors.is_full());
    let errors = errors.into_vec();
    assert_eq!(errors.len(), 1000);
    assert!(errors.iter().all(|error| error.path.len() < 2_000));
}
