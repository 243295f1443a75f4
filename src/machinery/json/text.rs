//! Text that stands for no characters: bytes that are no UTF-8, and halves of surrogate pairs. Go's decoder, and so
//! Kubernetes, puts U+FFFD in their place.

const REPLACEMENT: &str = "\u{FFFD}";

/// A surrogate is written like `\ud83d`.
const ESCAPE_BYTES: usize = 6;

/// The body with what is no text replaced; `None` when all of it is text.
pub(super) fn mended(body: &[u8]) -> Option<Vec<u8>> {
    let valid = match std::str::from_utf8(body) {
        Ok(_) => body.to_vec(),
        Err(_) => valid(body),
    };
    let paired = paired(&valid);
    (paired != body).then_some(paired)
}

/// Puts a replacement in the place of each byte that is part of no character.
fn valid(body: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.extend_from_slice(chunk.valid().as_bytes());
        for _ in chunk.invalid() {
            text.extend_from_slice(REPLACEMENT.as_bytes());
        }
    }
    text
}

/// Puts a replacement in the place of each surrogate that has not got its other half.
fn paired(body: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(start) = rest.iter().position(|byte| *byte == b'\\') {
        let (before, escape) = rest.split_at(start);
        text.extend_from_slice(before);
        let length = match (surrogate(escape), escape.get(ESCAPE_BYTES..).and_then(surrogate)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 2 * ESCAPE_BYTES,
            (Some(_), _) => {
                text.extend_from_slice(REPLACEMENT.as_bytes());
                rest = &escape[ESCAPE_BYTES..];
                continue;
            }
            // Whatever follows the backslash is part of it, another one above all.
            (None, _) => 2.min(escape.len()),
        };
        text.extend_from_slice(&escape[..length]);
        rest = &escape[length..];
    }
    text.extend_from_slice(rest);
    text
}

/// The surrogate that text begins with.
fn surrogate(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..ESCAPE_BYTES - 2)?;
    // Signs would be read as part of a number.
    let all_digits = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| all_digits)?;
    u16::from_str_radix(digits, 16).ok().filter(|code| (0xD800..=0xDFFF).contains(code))
}

#[cfg(test)]
mod tests;
