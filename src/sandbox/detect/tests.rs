use super::*;

#[test]
fn both_forms_are_told_apart() {
    assert_eq!(form(b"\0asm\x01\0\0\0"), Ok(Form::Module));
    assert_eq!(form(b"\0asm\x0d\0\x01\0"), Ok(Form::Component));
}

#[test]
fn other_files_are_named() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "an empty file"),
        (b"\x7fELF\x02\x01", "a program for Linux (ELF)"),
        (b"#!/bin/sh\n", "a script"),
        (b"{\"a\": 1}", "a JSON document"),
        (b"hello there", "text"),
        (b"\0asm", "a truncated WebAssembly file"),
        (b"\x00\x01\x02\x03\x04", "unknown data beginning with [00, 01, 02, 03]"),
    ];
    for (bytes, what) in cases {
        assert_eq!(form(bytes), Err((*what).to_owned()));
    }
}
