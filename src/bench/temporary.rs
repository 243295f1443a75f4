//! A folder that goes when it is no longer needed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base::Random;

/// Removed with everything in it when dropped.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Temporary {
    /// A new folder where temporary files belong. Figures of writes are those of that disk.
    pub(super) fn new() -> Result<Self> {
        let name = format!("isopod-bench-{}-{}", std::process::id(), Random::system().suffix(6));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed is for the system's own cleaning.
        let _ = fs::remove_dir_all(&self.0);
    }
}
