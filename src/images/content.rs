//! Tells by its first bytes what a file is, so that a refusal can say it in plain words.

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A WebAssembly component.
    Component,
    /// A core WebAssembly module.
    CoreModule,
    /// Something else; the words complete the sentence "this is …".
    Other(&'static str),
}

const WASM: &[u8] = b"\0asm";
/// Version 1 of layer 0, as WebAssembly's core specification has it.
const MODULE: &[u8] = &[0x01, 0x00, 0x00, 0x00];
/// Version 13 of layer 1: the binary format of components before their 1.0.
const COMPONENT: &[u8] = &[0x0d, 0x00, 0x01, 0x00];

/// A tar archive has its magic word in the middle of its first block (POSIX ustar).
const TAR_MAGIC_AT: usize = 257;

/// First bytes and what they stand for.
const OTHERS: &[(&[u8], &str)] = &[
    (&[0x1f, 0x8b], "gzip-compressed data, such as a layer of a container image"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd-compressed data, such as a layer of a container image"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "xz-compressed data"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x7fELF", "an ELF program for a processor, not for WebAssembly"),
    (b"MZ", "a Windows program"),
    (&[0xcf, 0xfa, 0xed, 0xfe], "a macOS program"),
    (&[0xca, 0xfe, 0xba, 0xbe], "a macOS program or a Java class"),
    (b"#!", "a script"),
    (b"(module", "WebAssembly as text, which has to be assembled first"),
    (b"(component", "WebAssembly as text, which has to be assembled first"),
    (b"{", "JSON"),
];

/// Says what a file is.
pub fn detect(bytes: &[u8]) -> Content {
    match bytes.strip_prefix(WASM) {
        Some(rest) if rest.starts_with(COMPONENT) => Content::Component,
        Some(rest) if rest.starts_with(MODULE) => Content::CoreModule,
        Some(_) => Content::Other("WebAssembly of an unknown version"),
        None => Content::Other(other(bytes)),
    }
}

fn other(bytes: &[u8]) -> &'static str {
    if bytes.is_empty() {
        return "an empty file";
    }
    if bytes.get(TAR_MAGIC_AT..).is_some_and(|rest| rest.starts_with(b"ustar")) {
        return "a tar archive, such as a container image";
    }
    OTHERS
        .iter()
        .find(|(start, _)| bytes.starts_with(start))
        .map_or("a file of an unknown kind", |(_, words)| words)
}

#[cfg(test)]
mod tests;
