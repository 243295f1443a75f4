//! The data directory: one process at a time, and where each thing lies in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::KUBECONFIG_FILE;

/// Holds the name of the node.
const NODE_NAME: &str = "node-name";
/// Is there while a cluster is being restored.
const RESTORING: &str = "restoring";

/// A data directory that this process holds until it drops this.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Takes the directory, making it if needed; refused while another process has it.
    pub(crate) fn claim(path: &Path) -> Result<Self> {
        create_private(path).with_context(|| path.display().to_string())?;
        let path = path.canonicalize().with_context(|| path.display().to_string())?;
        let file = path.join("lock");
        let mut lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&file)
            .with_context(|| file.display().to_string())?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Only to say who: without it the refusal stands just the same.
                let _ = lock.read_to_string(&mut holder);
                bail!(
                    "the data directory {} is in use by another isopod (process {})",
                    path.display(),
                    holder.trim()
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| file.display().to_string());
            }
        }
        lock.set_len(0).with_context(|| file.display().to_string())?;
        writeln!(lock, "{}", std::process::id()).with_context(|| file.display().to_string())?;
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path.join("store.redb")
    }

    pub(crate) fn images(&self) -> PathBuf {
        images_of(&self.path)
    }

    /// Machine code, which only this machine's runtime can use.
    pub(crate) fn compiled(&self) -> PathBuf {
        self.path.join("compiled")
    }

    /// Volumes and logs.
    pub(crate) fn node(&self) -> PathBuf {
        self.path.join("node")
    }

    pub(crate) fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.path.join(KUBECONFIG_FILE)
    }

    /// Remembers what the node is called: the host may be called otherwise at the next start, and another name would be
    /// another node.
    pub(crate) fn keep_node_name(&self, name: &str) -> Result<()> {
        if node_name_of(&self.path).as_deref() == Some(name) {
            return Ok(());
        }
        let path = self.path.join(NODE_NAME);
        fs::write(&path, name).with_context(|| path.display().to_string())
    }

    /// Says in the directory that a cluster is being restored into it.
    pub(crate) fn begin_restore(&self) -> Result<()> {
        let path = self.path.join(RESTORING);
        let mark = || File::create(&path)?.sync_all().and_then(|()| sync(&self.path));
        mark().with_context(|| path.display().to_string())
    }

    /// Says that the directory holds a whole cluster, or nothing of one.
    pub(crate) fn end_restore(&self) -> Result<()> {
        let path = self.path.join(RESTORING);
        let unmark = || {
            sync(&self.path)?;
            fs::remove_file(&path)?;
            sync(&self.path)
        };
        unmark().with_context(|| path.display().to_string())
    }

    /// Whether a restore into it began and did not end.
    pub(crate) fn is_half_restored(&self) -> bool {
        self.path.join(RESTORING).exists()
    }

    /// Refuses half a cluster.
    pub(crate) fn check_whole(&self) -> Result<()> {
        if self.is_half_restored() {
            let path = self.path.display();
            bail!("a restore into {path} was broken off; run isopod restore again");
        }
        Ok(())
    }

    /// Writes the administrator's kubeconfig, whole or not at all, for the owner's eyes only.
    pub(crate) fn write_kubeconfig(&self, text: &str) -> Result<()> {
        let path = self.kubeconfig();
        let temporary = path.with_extension("new");
        let write = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&temporary)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &path)
        };
        write().with_context(|| path.display().to_string())
    }
}

/// What the node of a data directory was called last.
pub(crate) fn node_name_of(path: &Path) -> Option<String> {
    fs::read_to_string(path.join(NODE_NAME)).ok().filter(|name| !name.is_empty())
}

/// Makes changes of a directory's entries last.
fn sync(directory: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    Ok(())
}

/// Where the images of a data directory are, for commands that run beside its process.
pub(crate) fn images_of(path: &Path) -> PathBuf {
    path.join("images")
}

pub(crate) fn create_private(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests;
