//! Compiled code on disk, in a folder that only this user can write.
//!
//! Mapping a file of compiled code runs whatever is in it, so nothing is mapped that this program did not write: the
//! folder is private, and each file has its checksum beside it, written last. A torn or damaged file is a miss.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use wasmtime::Engine;

/// How many files this process has begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// The folder.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
    engine: u64,
}

impl Cache {
    /// Opens the folder, made private if need be, for code that `engine` can run.
    pub(crate) fn open(dir: &Path, engine: &Engine) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        make_private(dir)?;
        // The hash covers wasmtime's version, the processor and every setting that shapes code.
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { dir: dir.to_owned(), engine: hasher.finish() })
    }

    /// The file with the code of an image, if it is there and whole.
    pub(crate) fn find(&self, digest: &str) -> Option<PathBuf> {
        let path = self.path(digest);
        let expected = fs::read_to_string(checksum_path(&path)).ok()?;
        let code = fs::read(&path).ok()?;
        (checksum(&code) == expected).then_some(path)
    }

    /// Keeps the code of an image.
    pub(crate) fn keep(&self, digest: &str, code: &[u8]) -> io::Result<PathBuf> {
        let path = self.path(digest);
        write_whole(&path, code)?;
        write_whole(&checksum_path(&path), checksum(code).as_bytes())?;
        Ok(path)
    }

    fn path(&self, digest: &str) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(self.engine.to_le_bytes());
        hash.update(digest);
        self.dir.join(format!("{}.cwasm", hex(&hash.finalize())))
    }
}

fn checksum_path(code: &Path) -> PathBuf {
    code.with_extension("sha256")
}

fn checksum(code: &[u8]) -> String {
    hex(&Sha256::digest(code))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Replaces a file in one step. A mapping of the old one stays valid: it keeps the old file alive.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    // A name of its own, for several runtimes of a process may share the folder and compile the same at once.
    let count = BEGUN.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".{name}.{}-{count}", std::process::id()));
    let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(unix)]
fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

/// Elsewhere a user's data folder is private already.
#[cfg(not(unix))]
fn make_private(_dir: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
