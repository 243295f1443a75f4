//! What can go wrong with images.

use std::io;
use std::path::{Path, PathBuf};

use crate::InvalidReference;

/// Why an image could not be kept, found or removed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is not one.
    #[error(transparent)]
    Name(#[from] InvalidReference),
    /// The name to import under has a digest, which only the content can give.
    #[error("cannot import as {0:?}: a digest follows from the content")]
    NameHasDigest(String),
    /// The image is longer than [`crate::IMAGE_BYTES_MAX`].
    #[error("the image has {bytes} bytes, more than the {limit} that are allowed")]
    TooLarge {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// No image has this name.
    #[error("no image is called {0}")]
    NotFound(String),
    /// The index is not what this program writes.
    #[error("the image index {} cannot be read", path.display())]
    Index {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The disk failed.
    #[error("{}", path.display())]
    Disk {
        /// Where it failed.
        path: PathBuf,
        /// How it failed.
        source: io::Error,
    },
}

/// Names the place where an operation on the disk failed.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, Error>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Disk { path: path.to_owned(), source })
    }
}
