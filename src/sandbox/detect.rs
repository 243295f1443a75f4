//! What the bytes of an image are, in plain words.

/// The two forms of WebAssembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A component.
    Component,
    /// A core module, which needs an adapter.
    Module,
}

/// First bytes and what they mean, longest first where one begins like another.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\x7fELF", "a program for Linux (ELF)"),
    (b"MZ", "a program for Windows (PE)"),
    (b"\xcf\xfa\xed\xfe", "a program for macOS (Mach-O)"),
    (b"\xca\xfe\xba\xbe", "a program for macOS (Mach-O) or Java"),
    (b"#!", "a script"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"(module", "WebAssembly's text format, which must be assembled first"),
    (b"(component", "WebAssembly's text format, which must be assembled first"),
    (b"{", "a JSON document"),
];

/// The form of WebAssembly, or what the bytes look like instead.
pub(crate) fn form(bytes: &[u8]) -> Result<Form, String> {
    if bytes.starts_with(b"\0asm") {
        return match bytes.get(4..8) {
            Some([1, 0, 0, 0]) => Ok(Form::Module),
            Some([_, 0, 1, 0]) => Ok(Form::Component),
            Some(version) => Err(format!("WebAssembly of the unknown version {version:?}")),
            None => Err("a truncated WebAssembly file".into()),
        };
    }
    Err(describe(bytes))
}

fn describe(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "an empty file".into();
    }
    let known = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature));
    if let Some((_, what)) = known {
        return (*what).into();
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return "a tar archive".into();
    }
    let head = &bytes[..bytes.len().min(64)];
    if head.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        return "text".into();
    }
    format!("unknown data beginning with {:02x?}", &head[..head.len().min(4)])
}

#[cfg(test)]
mod tests;
