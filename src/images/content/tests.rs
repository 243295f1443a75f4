//! One file of each kind.

use super::{Content, detect};

#[test]
fn webassembly_is_told_from_the_rest() {
    assert_eq!(detect(b"\0asm\x0d\0\x01\0rest"), Content::Component);
    assert_eq!(detect(b"\0asm\x01\0\0\0"), Content::CoreModule);
    assert_eq!(detect(b"\0asm\x02\0\0\0"), Content::Other("WebAssembly of an unknown version"));
    assert_eq!(detect(b"\0asm"), Content::Other("WebAssembly of an unknown version"));
}

#[test]
fn the_rest_is_told_in_plain_words() {
    let mut tar = vec![b'a'; 512];
    tar[257..262].copy_from_slice(b"ustar");
    let cases: [(&[u8], &str); 7] = [
        (b"", "an empty file"),
        (b"\x7fELF\x02\x01", "an ELF program"),
        (b"\x1f\x8b\x08", "gzip-compressed data"),
        (&tar, "a tar archive"),
        (b"#!/bin/sh", "a script"),
        (b"(module)", "WebAssembly as text"),
        (b"hello", "a file of an unknown kind"),
    ];
    for (bytes, words) in cases {
        let Content::Other(found) = detect(bytes) else { panic!("{bytes:?} is not WebAssembly") };
        assert!(found.starts_with(words), "{found}");
    }
}
