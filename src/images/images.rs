//! The images of one node.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base::Clock;
use jiff::Timestamp;

use crate::blobs::{self, Blobs};
use crate::error::At;
use crate::index::{self, Index, Row, Stamp};
use crate::{Error, Reference};

/// The longest image that is accepted.
///
/// Interpreters compiled to one component reach 20 MiB, models and data belong in volumes. An import and a
/// compilation hold the whole of it in memory.
pub const IMAGE_BYTES_MAX: usize = 256 << 20;

/// An image that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its complete name.
    pub name: String,
    /// The digest of its content: `sha256:` and hexadecimal digits.
    pub digest: String,
    /// The file with its content.
    pub path: PathBuf,
    /// The length of its content.
    pub size_bytes: u64,
    /// When it was imported under this name.
    pub created: Timestamp,
}

/// All images in one folder, which other processes may use too.
#[derive(Debug)]
pub struct Images {
    index: PathBuf,
    lock: PathBuf,
    blobs: Blobs,
    clock: Clock,
    seen: Mutex<Seen>,
}

/// The index when it was last read.
#[derive(Debug)]
struct Seen {
    stamp: Option<Stamp>,
    index: Arc<Index>,
}

impl Images {
    /// Opens a folder of images, or makes one.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, Error> {
        let images = Self {
            index: folder.join("index.json"),
            lock: folder.join("lock"),
            blobs: Blobs::open(folder.join("sha256"))?,
            clock,
            seen: Mutex::new(Seen { stamp: None, index: Arc::default() }),
        };
        images.change(|_| Ok(()))?;
        Ok(images)
    }

    /// Keeps an image under a name, which it takes from another that may have it.
    pub fn import(&self, name: &str, bytes: &[u8]) -> Result<Image, Error> {
        let reference = Reference::parse(name)?;
        if reference.digest.is_some() {
            return Err(Error::NameHasDigest(name.to_owned()));
        }
        if bytes.len() > IMAGE_BYTES_MAX {
            return Err(Error::TooLarge { bytes: bytes.len(), limit: IMAGE_BYTES_MAX });
        }
        let name = reference.to_string();
        let row = Row {
            digest: blobs::digest(bytes),
            size_bytes: bytes.len() as u64,
            created: self.clock.now(),
        };
        let image = self.image(&name, &row);
        self.change(|index| {
            self.blobs.add(&row.digest, bytes)?;
            index.images.insert(name, row);
            Ok(())
        })?;
        Ok(image)
    }

    /// Every image in the order of the names.
    pub fn list(&self) -> Result<Vec<Image>, Error> {
        let index = self.read()?;
        Ok(index.images.iter().map(|(name, row)| self.image(name, row)).collect())
    }

    /// Forgets a name, and the content with the last name it has.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        let name = Reference::parse(name)?.to_string();
        self.change(|index| match index.images.remove(&name) {
            Some(_) => Ok(()),
            None => Err(Error::NotFound(name)),
        })
    }

    /// The image a name stands for, if it is here. With a digest the tag does not matter.
    pub fn resolve(&self, name: &str) -> Result<Option<Image>, Error> {
        let reference = Reference::parse(name)?;
        let index = self.read()?;
        let found = match &reference.digest {
            None => index.images.get_key_value(&reference.to_string()),
            Some(digest) => index
                .images
                .iter()
                .find(|(name, row)| row.digest == *digest && is_of(name, &reference)),
        };
        Ok(found.map(|(name, row)| self.image(name, row)))
    }

    fn image(&self, name: &str, row: &Row) -> Image {
        Image {
            name: name.to_owned(),
            digest: row.digest.clone(),
            path: self.blobs.path(&row.digest),
            size_bytes: row.size_bytes,
            created: row.created,
        }
    }

    /// The index as it is on disk, read again only if it has been replaced.
    fn read(&self) -> Result<Arc<Index>, Error> {
        // Before the read, so that a replacement in between is noticed next time.
        let stamp = index::stamp(&self.index)?;
        let mut seen = self.seen.lock().expect("nothing panics while it holds the index");
        if seen.stamp != stamp {
            *seen = Seen { stamp, index: Arc::new(Index::read(&self.index)?) };
        }
        Ok(Arc::clone(&seen.index))
    }

    /// Changes the index while no other process does, and removes the blobs that no name needs any more.
    fn change(&self, change: impl FnOnce(&mut Index) -> Result<(), Error>) -> Result<(), Error> {
        let lock = File::create(&self.lock).at(&self.lock)?;
        lock.lock().at(&self.lock)?;
        let mut index = Index::read(&self.index)?;
        change(&mut index)?;
        index.write(&self.index)?;
        self.blobs.retain(&index.digests())
        // Closing the file releases the lock.
    }
}

/// Whether an image's complete name has the registry and repository of a reference.
fn is_of(name: &str, reference: &Reference) -> bool {
    name.strip_prefix(&reference.name()).is_some_and(|rest| rest.starts_with(':'))
}

impl Image {
    /// Reads the content.
    pub fn read(&self) -> Result<Vec<u8>, Error> {
        fs::read(&self.path).at(&self.path)
    }
}

#[cfg(test)]
mod tests;
