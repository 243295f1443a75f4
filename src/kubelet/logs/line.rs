//! One line of a log file.

use std::str::FromStr;

use jiff::Timestamp;
use sandbox::Stdio;

/// A line taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// When it was written, as the file says it.
    pub(super) time: &'a str,
    pub(super) stdio: Stdio,
    /// Whether the line ended here; a long line comes in parts.
    pub(super) complete: bool,
    pub(super) text: &'a [u8],
}

impl<'a> Line<'a> {
    /// Takes a line without its line end apart; none when it is not in the format.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let mut parts = line.splitn(4, |byte| *byte == b' ');
        let time = std::str::from_utf8(parts.next()?).ok()?;
        let stdio = match parts.next()? {
            b"stdout" => Stdio::Stdout,
            b"stderr" => Stdio::Stderr,
            _ => return None,
        };
        let complete = parts.next()? == b"F";
        Some(Self { time, stdio, complete, text: parts.next()? })
    }

    pub(super) fn timestamp(&self) -> Option<Timestamp> {
        Timestamp::from_str(self.time).ok()
    }
}

/// Appends a line in the format of the file.
pub(super) fn append(
    buffer: &mut Vec<u8>,
    time: Timestamp,
    stdio: Stdio,
    complete: bool,
    text: &[u8],
) {
    let stream: &[u8] = match stdio {
        Stdio::Stdout => b" stdout ",
        Stdio::Stderr => b" stderr ",
    };
    buffer.extend_from_slice(format!("{time:.9}").as_bytes());
    buffer.extend_from_slice(stream);
    buffer.extend_from_slice(if complete { b"F " } else { b"P " });
    buffer.extend_from_slice(text);
    buffer.push(b'\n');
}
