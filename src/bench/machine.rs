//! What the figures were measured on.

use std::{fmt, fs};

/// Lines that say what the machine is, and warn of what would spoil the figures.
pub(super) fn header() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").map_or_else(
        || "unknown memory".to_owned(),
        |kib| format!("{:.1} GiB", number(&kib) / f64::from(1 << 20)),
    );
    let processor =
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".into());
    let kernel = word("/proc/sys/kernel/osrelease").unwrap_or_else(|| "unknown".into());
    let load = word("/proc/loadavg").unwrap_or_else(|| "unknown".into());
    let mut header = format!(
        "isopod {} bench: {cores} cores, {memory}, {processor}, kernel {kernel}, load average {load}",
        crate::VERSION
    );
    if cfg!(debug_assertions) {
        header += "\nWARNING: this is a debug build; its figures say nothing. Use cargo run --release -- bench";
    }
    header
}

/// The value of `name: value` in a file of such lines.
pub(super) fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The resident memory of a process (a number, or `self`), in MiB.
pub(super) fn resident_mib(process: impl fmt::Display) -> f64 {
    number(&field(&format!("/proc/{process}/status"), "VmRSS").unwrap_or_default()) / 1024.0
}

/// The number a text begins with; zero without one.
pub(super) fn number(text: &str) -> f64 {
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}

fn word(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.split_whitespace().next()?.to_owned())
}
