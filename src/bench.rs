//! `isopod bench`: measures this machine.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

/// What to measure.
#[derive(Debug, Args)]
pub struct Bench {}

impl Bench {
    pub(crate) fn run(self) -> Result<ExitCode> {
        Ok(ExitCode::SUCCESS)
    }
}
