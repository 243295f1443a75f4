//! `isopod image`: the images of a data directory, whether or not a node runs on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use base::Clock;
use clap::Subcommand;
use images::{Content, Images};

use super::{DataDir, say};

#[derive(Debug, Subcommand)]
pub(crate) enum Image {
    /// Import a component or a wasip1 module under a name
    Import {
        /// The .wasm file
        file: PathBuf,
        /// The name pods use in `image:`, such as app or registry.example/team/app:v1
        name: String,
        #[command(flatten)]
        data: DataDir,
    },
    /// List the images
    Ls {
        #[command(flatten)]
        data: DataDir,
    },
    /// Remove a name; the content goes with its last name
    Rm {
        /// The name, as `image ls` shows it or shorter
        name: String,
        #[command(flatten)]
        data: DataDir,
    },
}

impl Image {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self {
            Self::Import { file, name, data } => import(&data, &file, &name),
            Self::Ls { data } => list(&data),
            Self::Rm { name, data } => remove(&data, &name),
        }
    }
}

fn open(data: &DataDir) -> Result<Images> {
    let folder = crate::data_dir::images_of(&data.resolve()?);
    Images::open(&folder, Clock::system()).with_context(|| folder.display().to_string())
}

fn import(data: &DataDir, file: &Path, name: &str) -> Result<ExitCode> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    if let Content::Other(what) = images::detect(&bytes) {
        bail!("{}: {what}, not a WebAssembly component or module", file.display());
    }
    let image = open(data)?.import(name, &bytes)?;
    say(&format!("{} {}", image.name, image.digest));
    Ok(ExitCode::SUCCESS)
}

fn list(data: &DataDir) -> Result<ExitCode> {
    let images = open(data)?.list()?;
    let width = images.iter().map(|image| image.name.len()).max().unwrap_or(0).max("NAME".len());
    say(&format!("{:width$}  {:19}  {:>10}", "NAME", "DIGEST", "SIZE"));
    for image in images {
        let short: String = image.digest.chars().take("sha256:".len() + 12).collect();
        let size = format!("{} KiB", image.size_bytes.div_ceil(1024));
        say(&format!("{:width$}  {short:19}  {size:>10}", image.name));
    }
    Ok(ExitCode::SUCCESS)
}

fn remove(data: &DataDir, name: &str) -> Result<ExitCode> {
    open(data)?.remove(name)?;
    say(&format!("{name} removed"));
    Ok(ExitCode::SUCCESS)
}
