//! Prints lines of eight kilobytes as fast as it may: `log-flood [LINES]`; without a number it never ends.

use std::env;
use std::io::{self, Write};

fn main() -> io::Result<()> {
    let lines = env::args().nth(1).and_then(|number| number.parse().ok()).unwrap_or(u64::MAX);
    let mut out = io::stdout().lock();
    for line in 0..lines {
        let text = format!("line {line} of a flood that would fill any disk ");
        writeln!(out, "{text:~<8191}")?;
    }
    Ok(())
}
