//! JSON is read exactly.

use serde_json::{Value, json};

use super::parse;
use crate::FieldValidation;
use crate::strict::Strictness;

fn read(text: &str) -> (Result<Value, String>, Vec<String>) {
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

#[test]
fn what_is_no_json_is_said_in_the_words_of_go() {
    let cases = [
        ("", "unexpected end of JSON input"),
        ("{\"a\":", "unexpected end of JSON input"),
        ("x", "invalid character 'x' looking for beginning of value"),
        ("\n {\"a\": 'b'}", r"invalid character '\'' looking for beginning of value"),
        ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        ("{\"a\" 1}", "invalid character '1' after object key"),
        ("{\"a\": 1 \"b\": 2}", r#"invalid character '"' after object key:value pair"#),
        ("[1 2]", "invalid character '2' after array element"),
        ("{} x", "invalid character 'x' after top-level value"),
        ("[\"\u{1}\"]", r"invalid character '\u{1}' in string literal"),
        (r#"["\q"]"#, "invalid character 'q' in string escape code"),
        ("[nul]", "invalid character ']' in literal"),
        ("[ä]", "invalid character 'ä' looking for beginning of value"),
    ];
    for (text, said) in cases {
        assert_eq!(read(text).0.unwrap_err(), said, "{text}");
    }
}

#[test]
fn nothing_less_is_nothing() {
    let (value, _) = read("[-0, 1]");
    assert_eq!(value.unwrap(), json!([0, 1]));
}

#[test]
fn what_stands_for_no_character_is_replaced() {
    let (value, problems) = read(r#"{"a": "\ud800", "a": "x\udc00", "\ud83d\ude00": 1}"#);
    assert_eq!(value.unwrap(), json!({"a": "x\u{FFFD}", "\u{1F600}": 1}));
    assert_eq!(problems, ["duplicate field \"a\""]);
    let mut strictness = Strictness::new(FieldValidation::Warn);
    assert_eq!(parse(b"\"\xff\"", &mut strictness), Ok(json!("\u{FFFD}")));
}
