//! Where log lines go: stderr, one event a line, filtered by `ISOPOD_LOG`.

use std::io::{self, IsTerminal};

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

/// Warnings of everything but the handshake, in which strangers could have us write a line for each connection.
const DEFAULT_FILTER: &str = "warn,rustls=error";

/// Installs the subscriber; `ISOPOD_LOG` takes the filter syntax of tracing, `ISOPOD_LOG_FORMAT=json`
/// gives one JSON object a line.
pub(crate) fn init() -> Result<()> {
    let filter = match std::env::var("ISOPOD_LOG") {
        Ok(text) => EnvFilter::try_new(text).context("ISOPOD_LOG")?,
        Err(_) => EnvFilter::new(DEFAULT_FILTER),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let json = std::env::var("ISOPOD_LOG_FORMAT").is_ok_and(|format| format == "json");
    let installed = if json {
        builder.json().try_init()
    } else {
        builder.with_ansi(io::stderr().is_terminal()).with_target(false).try_init()
    };
    installed.map_err(|error| anyhow::anyhow!("logging: {error}"))
}
