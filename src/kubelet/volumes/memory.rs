//! A folder in memory for what comes from secrets and tokens, so that none of it is ever on a disk.
//!
//! It also makes pods start several times faster: the files of a token are a dozen inodes, and a busy disk takes
//! milliseconds for that.

use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What must be free: a token volume takes some 16 KiB, and a full node holds ten thousand pods.
const FREE_BYTES_LEAST: u64 = 256 << 20;

/// How many folders this process has opened.
static OPENED: AtomicU64 = AtomicU64::new(0);

/// The folder of one node, removed when dropped: what is in it is written anew for every start of a pod.
#[derive(Debug)]
pub(super) struct Memory(PathBuf);

impl Memory {
    /// The folder of the node that keeps its other data in `data_dir`; none where the machine offers no place.
    pub(super) fn open(data_dir: &Path) -> Option<Self> {
        let data_dir = data_dir.canonicalize().ok()?;
        let mut hasher = DefaultHasher::new();
        data_dir.hash(&mut hasher);
        let node = format!("{:016x}-", hasher.finish());
        places().into_iter().filter(|place| is_roomy_memory(place)).find_map(|place| {
            let user = rustix::process::geteuid().as_raw();
            let own = private(place.join(format!("isopod-{user}")), user).ok()?;
            remove_leftovers(&own, &node).ok()?;
            // A name of its own, so that an earlier node of this process that is late to go takes only its own.
            let count = OPENED.fetch_add(1, Ordering::Relaxed);
            private(own.join(format!("{node}{}-{count}", std::process::id())), user).ok().map(Self)
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // What stays is removed when the node starts again.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes what a node left that was not stopped in order. Only one process at a time has the node's data.
fn remove_leftovers(own: &Path, node: &str) -> io::Result<()> {
    for entry in fs::read_dir(own)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(node) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Where machines have memory that looks like a file system.
fn places() -> Vec<PathBuf> {
    let session = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let common = ["/run", "/dev/shm"].map(PathBuf::from);
    session.into_iter().filter(|path| path.is_absolute()).chain(common).collect()
}

/// A folder that belongs to this user, and that nobody else can enter.
fn private(path: PathBuf, user: u32) -> io::Result<PathBuf> {
    match DirBuilder::new().mode(0o700).create(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => (),
    }
    // In a place that everybody can write to, somebody else may have been faster.
    let found = fs::symlink_metadata(&path)?;
    if found.is_dir() && found.uid() == user && found.mode().trailing_zeros() >= 6 {
        Ok(path)
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

#[cfg(target_os = "linux")]
fn is_roomy_memory(path: &Path) -> bool {
    /// What the kernel calls tmpfs in `statfs(2)`.
    const TMPFS: rustix::fs::FsWord = 0x0102_1994;
    let in_memory = rustix::fs::statfs(path).is_ok_and(|system| system.f_type == TMPFS);
    let free = |disk: rustix::fs::StatVfs| disk.f_bavail.saturating_mul(disk.f_frsize);
    in_memory && rustix::fs::statvfs(path).is_ok_and(|disk| free(disk) >= FREE_BYTES_LEAST)
}

#[cfg(not(target_os = "linux"))]
fn is_roomy_memory(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests;
