//! `isopod token`: the keys and tokens by which a cluster knows its own.

use std::process::ExitCode;

use anyhow::{Context, Result};
use base::Clock;
use clap::Subcommand;

use super::{DataDir, say};

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Let a new key sign service-account tokens from the next start on; those of the old one still count
    RotateKey {
        #[command(flatten)]
        data: DataDir,
    },
}

impl Token {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self {
            Self::RotateKey { data } => {
                let dir = data.resolve()?;
                // A running server would go on with the old key, and must not lose what it holds.
                let _claim = crate::data_dir::DataDir::claim(&dir)?;
                server::rotate_service_account_key(&dir, &Clock::system())
                    .context("make a new key")?;
                say("a new key signs service-account tokens from the next start on");
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
