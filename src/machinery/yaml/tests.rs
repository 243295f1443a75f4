//! Scalars as kubectl 1.33 reads them, and what is refused.

use std::fmt::Write;

use serde_json::{Value, json};

use super::parse;
use crate::FieldValidation;
use crate::strict::Strictness;

fn read(text: &str) -> Result<Value, String> {
    let mut strictness = Strictness::new(FieldValidation::Ignore);
    parse(text.as_bytes(), &mut strictness).map_err(|error| error.to_string())
}

#[test]
fn plain_scalars_mean_what_go_takes_them_for() {
    for (text, expected) in [
        ("yes", json!(true)),
        ("off", json!(false)),
        ("y", json!(true)),
        ("tRUE", json!("tRUE")),
        ("~", json!(null)),
        ("", json!(null)),
        ("0777", json!(511)),
        ("0o17", json!(15)),
        ("08", json!(8)),
        ("0x1F", json!(31)),
        ("-0x1F", json!(-31)),
        ("0b11", json!(3)),
        ("1_000", json!(1000)),
        ("_1", json!("_1")),
        ("1e3", json!(1000)),
        ("1.5", json!(1.5)),
        ("1.0", json!(1)),
        (".5", json!(0.5)),
        ("5.", json!(5)),
        ("1e400", json!("1e400")),
        ("2001-01-01", json!("2001-01-01")),
        ("12:30:45", json!("12:30:45")),
        ("+5", json!(5)),
        ("9223372036854775807", json!(i64::MAX)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("\"5\"", json!("5")),
        ("'yes'", json!("yes")),
        ("!!str 5", json!("5")),
        ("!!int \"5\"", json!(5)),
        ("!!binary aGk=", json!("hi")),
        ("!foo bar", json!("bar")),
        ("0x", json!("0x")),
        ("0o8", json!("0o8")),
        ("1e", json!("1e")),
        ("--1", json!("--1")),
        (".", json!(".")),
        ("1.2.3", json!("1.2.3")),
        ("-0", json!(0)),
        ("00", json!(0)),
        ("\"<<\"", json!("<<")),
    ] {
        assert_eq!(read(&format!("value: {text}\n")), Ok(json!({"value": expected})), "{text}");
    }
    assert!(read("a: .inf").is_err() && read("a: .nan").is_err());
}

#[test]
fn documents_are_read_as_go_reads_them() {
    for (text, expected) in [
        ("on: 1", json!({"true": 1})),
        ("1: a\n1.5: b\n0x10: c", json!({"1": "a", "1.5": "b", "16": "c"})),
        ("a: &x {b: 1}\nc: *x", json!({"a": {"b": 1}, "c": {"b": 1}})),
        (
            "a: &x {b: 1, d: 2}\nc: {<<: [*x, {e: 5, d: 7}], b: 3}",
            json!({"a": {"b": 1, "d": 2}, "c": {"b": 3, "d": 2, "e": 5}}),
        ),
        ("a: |\n  x\n  y\n", json!({"a": "x\ny\n"})),
        ("- a\n- {b: c}\n", json!(["a", {"b": "c"}])),
        ("a: 1\n---\nb: 2\n", json!({"a": 1})),
        ("", json!(null)),
        ("# nothing\n", json!(null)),
    ] {
        assert_eq!(read(text), Ok(expected), "{text}");
    }
}

#[test]
fn a_key_that_occurs_twice_is_noticed() {
    let mut strictness = Strictness::new(FieldValidation::Warn);
    let value = parse(b"a: {b: 1, b: 2}", &mut strictness).unwrap();
    assert_eq!(value, json!({"a": {"b": 2}}));
    assert_eq!(strictness.finish().unwrap(), ["duplicate field \"a.b\""]);
}

#[test]
fn hostile_documents_are_refused() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        let items = [alias.as_str(); 10].join(",");
        writeln!(bomb, "a{level}: &a{level} [{items}]").unwrap();
    }
    assert_eq!(read(&bomb).unwrap_err(), "yaml: document contains excessive aliasing");
    assert!(read(&"[".repeat(200)).is_err());
    assert!(read(&format!("{}x{}", "[".repeat(200), "]".repeat(200))).is_err());
    for text in ["a: *b", "a: &a [*a]", "? [a]\n: b", "~: a", "a: b: c", "a: {<<: 1}", "{"] {
        assert!(read(text).is_err(), "{text}");
    }
}
