//! Ranges of keys.

use std::ops::Range;

/// Greater than every key, since keys are text and this is the last character there is.
const END: &str = "\u{10ffff}";

/// The keys that start with `prefix`.
pub fn under(prefix: &str) -> Range<String> {
    prefix.to_owned()..format!("{prefix}{END}")
}

/// All keys.
pub fn everything() -> Range<String> {
    under("")
}
