//! What can go wrong.

use std::path::PathBuf;

use crate::Revision;

/// Why a store refused or could not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key is not as the writer expected.
    #[error("{key} is not as expected: {}", describe(*found))]
    Conflict {
        /// The key in question.
        key: String,
        /// When it was last written, if it exists.
        found: Option<Revision>,
    },
    /// The past asked for is forgotten; this is the oldest revision that is known.
    #[error("the history before revision {0} has been compacted")]
    Compacted(Revision),
    /// The revision asked for has not happened; this is the present one.
    #[error("the revision is in the future, the present one is {0}")]
    Future(Revision),
    /// The value is longer than [`crate::VALUE_BYTES_MAX`].
    #[error("the value of {key} is too large: {bytes} bytes")]
    TooLarge {
        /// Where it was to go.
        key: String,
        /// How long it is.
        bytes: usize,
    },
    /// Another process has the data open.
    #[error("{} is in use by another process", .0.display())]
    Locked(PathBuf),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// The medium failed.
    #[error("the datastore failed")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps what a backend's own library reports.
    pub(crate) fn backend(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Backend(source.into())
    }
}

fn describe(found: Option<Revision>) -> String {
    match found {
        Some(revision) => format!("it was written at revision {revision}"),
        None => "it does not exist".to_owned(),
    }
}
