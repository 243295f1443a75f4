//! The files themselves, each under the SHA-256 of what is in it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Error;
use crate::error::At;

/// The folder of the files.
#[derive(Debug)]
pub(crate) struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    pub(crate) fn open(folder: PathBuf) -> Result<Self, Error> {
        fs::create_dir_all(&folder).at(&folder)?;
        Ok(Self { folder })
    }

    /// Where the blob of a digest lies.
    pub(crate) fn path(&self, digest: &str) -> PathBuf {
        self.folder.join(digest.trim_start_matches("sha256:"))
    }

    /// Writes a blob unless it is there.
    pub(crate) fn add(&self, digest: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path(digest);
        let present = fs::metadata(&path).is_ok_and(|blob| blob.len() == bytes.len() as u64);
        if present { Ok(()) } else { replace(&path, bytes).at(&path) }
    }

    /// Removes every file but the blobs of these digests: what lost its name, and what a crash left.
    pub(crate) fn retain(&self, digests: &BTreeSet<&str>) -> Result<(), Error> {
        let kept: BTreeSet<_> = digests.iter().map(|digest| self.path(digest)).collect();
        for file in fs::read_dir(&self.folder).at(&self.folder)? {
            let path = file.at(&self.folder)?.path();
            if !kept.contains(&path) {
                fs::remove_file(&path).at(&path)?;
            }
        }
        Ok(())
    }
}

/// The digest of a blob.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(bytes))
}

/// Puts a file in its place at once and for good: readers see the old or the new, also after a crash.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
