//! `isopod backup` and `isopod restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use super::{DataDir, say};
use crate::backup;

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Where the backup goes; it holds the cluster's keys and is readable by you alone
    file: PathBuf,
    #[command(flatten)]
    data: DataDir,
    /// The administrator's kubeconfig [default: the data directory's]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
}

impl Backup {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let kubeconfig = match self.kubeconfig {
            Some(kubeconfig) => kubeconfig,
            None => self.data.resolve()?.join(crate::KUBECONFIG_FILE),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("start the runtime")?;
        let contents = runtime.block_on(async {
            let client = client::from_kubeconfig(&kubeconfig)
                .await
                .with_context(|| kubeconfig.display().to_string())?;
            backup::take(&client, &self.file).await
        })?;
        say(&format!(
            "{}: {} objects at revision {}",
            self.file.display(),
            contents.entries,
            contents.revision
        ));
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup
    file: PathBuf,
    #[command(flatten)]
    data: DataDir,
}

impl Restore {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let folder = self.data.resolve()?;
        let contents = backup::restore(&self.file, &folder)?;
        say(&format!(
            "{}: {} objects of {}, ready for isopod up",
            folder.display(),
            contents.entries,
            contents.made
        ));
        if contents.sealed > 0 {
            say(&format!(
                "{} of them are encrypted: isopod up needs the cluster's --encryption-provider-config",
                contents.sealed
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}
