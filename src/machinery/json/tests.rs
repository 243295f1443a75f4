//! JSON is read exactly.

use serde_json::{Value, json};

use super::parse;
use crate::FieldValidation;
use crate::strict::Strictness;

fn read(text: &str) -> (Result<Value, serde_json::Error>, Vec<String>) {
    let mut strictness = Strictness::new(FieldValidation::Warn);
    let value = parse(text.as_bytes(), &mut strictness);
    (value, strictness.finish().unwrap())
}

#[test]
fn large_integers_keep_every_digit() {
    let (value, _) = read("[9223372036854775807, -9223372036854775808, 18446744073709551615]");
    assert_eq!(value.unwrap(), json!([i64::MAX, i64::MIN, u64::MAX]));
}

#[test]
fn duplicates_are_noticed_where_they_are() {
    let (value, problems) = read(r#"{"a": 1, "b": [{"c": 1, "c": 2}], "a": 3}"#);
    assert_eq!(value.unwrap(), json!({"a": 3, "b": [{"c": 2}]}));
    assert_eq!(problems, ["duplicate field \"b[0].c\"", "duplicate field \"a\""]);
}

#[test]
fn malformed_and_bottomless_bodies_are_refused() {
    for text in ["", "{", "{} x", "nul", "{\"a\":}", &"[".repeat(100_000)] {
        assert!(read(text).0.is_err());
    }
}
