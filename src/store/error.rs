//! What can go wrong.

use std::path::PathBuf;
use std::sync::Arc;

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
    /// The data was written by a program that lays it out otherwise.
    #[error("the datastore has format {0}, which this program does not know")]
    Format(u64),
    /// A value that must be there is not.
    #[error("the datastore is damaged: {key} has no value at revision {revision}")]
    Damaged {
        /// Whose value is missing.
        key: String,
        /// When it was written.
        revision: Revision,
    },
    /// The value is stored in a form that cannot be turned back into what was written.
    #[error("the value of {key} cannot be read: {reason}")]
    Unreadable {
        /// Whose value it is.
        key: String,
        /// Why, in words for an administrator.
        reason: String,
    },
    /// The value cannot be brought into the form in which it is stored.
    #[error("the value of {key} cannot be stored: {reason}")]
    Unwritable {
        /// Whose value it is.
        key: String,
        /// Why, in words for an administrator.
        reason: String,
    },
    /// The medium has forgotten what it had acknowledged.
    #[error("the datastore is damaged: it went back from revision {known} to {found}")]
    Lost {
        /// The last revision that was acknowledged.
        known: Revision,
        /// The last one that is there.
        found: Revision,
    },
    /// The medium failed.
    #[error("the datastore failed")]
    Backend(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

fn describe(found: Option<Revision>) -> String {
    match found {
        Some(revision) => format!("it was written at revision {revision}"),
        None => "it does not exist".to_owned(),
    }
}
