//! Texts cut short: what names a place in a document may be as long as the document.

use std::fmt::{self, Display, Write};

/// As much of a place as anybody reads.
pub(crate) const PLACE_BYTES: usize = 1024;

/// A text that takes no more than that.
struct Short(String);

impl Write for Short {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = PLACE_BYTES.saturating_sub(self.0.len());
        self.0.push_str(&more[..more.floor_char_boundary(room)]);
        if more.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}

/// What a value shows, or the beginning of it. No more is written than is kept.
pub(crate) fn short(value: impl Display) -> String {
    let mut short = Short(String::new());
    match write!(short, "{value}") {
        Ok(()) => short.0,
        Err(fmt::Error) => short.0 + "…",
    }
}
