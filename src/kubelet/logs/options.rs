//! What part of a log is asked for.

use std::time::Duration;

use jiff::Timestamp;
use sandbox::Stdio;

/// The parameters of a log request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LogOptions {
    /// Wait for more until the container has ended.
    pub(crate) follow: bool,
    /// The incarnation before this one.
    pub(crate) previous: bool,
    /// Put each line's time before it.
    pub(crate) timestamps: bool,
    /// Only the last so many lines.
    pub(crate) tail_lines: Option<usize>,
    /// At most so many bytes.
    pub(crate) limit_bytes: Option<u64>,
    /// Only lines not older than this.
    pub(crate) since: Option<Since>,
    /// Only this stream.
    pub(crate) stdio: Option<Stdio>,
}

/// A point in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    Ago(Duration),
    At(Timestamp),
}

impl LogOptions {
    /// Reads a query string; the error names the parameter that cannot be read.
    pub(crate) fn parse(query: &str) -> Result<Self, String> {
        let mut options = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value);
            options
                .set(name, &value)
                .ok_or_else(|| format!("invalid value {value:?} for {name}"))?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "follow" => self.follow = flag(value)?,
            "previous" => self.previous = flag(value)?,
            "timestamps" => self.timestamps = flag(value)?,
            "tailLines" => self.tail_lines = optional(value)?,
            "limitBytes" => self.limit_bytes = optional(value)?,
            "sinceSeconds" => {
                self.since = optional(value)?.map(Duration::from_secs).map(Since::Ago);
            }
            "sinceTime" if value.is_empty() => (),
            "sinceTime" => self.since = Some(Since::At(value.parse().ok()?)),
            "stream" => {
                self.stdio = match value {
                    "" | "All" => None,
                    "Stdout" => Some(Stdio::Stdout),
                    "Stderr" => Some(Stdio::Stderr),
                    _ => return None,
                };
            }
            _ => (),
        }
        Some(())
    }
}

fn flag(value: &str) -> Option<bool> {
    match value {
        "" | "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A number, or nothing at all.
#[expect(clippy::option_option, reason = "the outer one says whether the text can be read")]
fn optional<T: std::str::FromStr>(value: &str) -> Option<Option<T>> {
    if value.is_empty() { Some(None) } else { value.parse().ok().map(Some) }
}

/// Undoes percent encoding.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = (byte == b'%')
            .then(|| after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(code) = code {
            bytes.push(code);
            rest = &after[2..];
        } else {
            bytes.push(if byte == b'+' { b' ' } else { byte });
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
