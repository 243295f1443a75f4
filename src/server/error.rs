//! What can keep the server from running, and how the store's errors look to a client.

use std::net::SocketAddr;

use machinery::{ApiError, Reason};

use crate::BoxError;

/// Why the server could not start, or a node could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The datastore cannot be read.
    #[error("the datastore cannot be read")]
    Store(#[from] store::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificates cannot be made, read or written.
    #[error("the certificates cannot be made or read")]
    Pki(#[source] BoxError),
    /// A file about authentication cannot be read or makes no sense.
    #[error("the settings of authentication cannot be used")]
    Authentication(#[source] BoxError),
    /// What is to decide what users may do cannot be used.
    #[error("the settings of authorization cannot be used")]
    Authorization(#[source] BoxError),
    /// The audit policy cannot be used, or the audit log cannot be written.
    #[error("the audit log cannot be kept with {}", file.display())]
    Audit {
        /// The policy or the log.
        file: std::path::PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// The configuration of encryption at rest cannot be used.
    #[error("the encryption configuration {} cannot be used", file.display())]
    Encryption {
        /// Where it is.
        file: std::path::PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// The configuration of admission cannot be used.
    #[error("the admission configuration {} cannot be used", file.display())]
    Admission {
        /// Where it is.
        file: std::path::PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// An object every cluster has could not be made.
    #[error("the first objects cannot be made")]
    Bootstrap(#[source] ApiError),
    /// No node has this name, or it does not answer.
    #[error("node {0} cannot be reached")]
    UnknownNode(String),
    /// The node's endpoint failed.
    #[error("node {node} failed to answer")]
    Node {
        /// The node asked.
        node: String,
        /// What went wrong.
        source: BoxError,
    },
}

/// What a client is told when the store fails.
///
/// Conflicts are decided where the object is known; one that arrives here was not expected.
pub(crate) fn store_failure(error: store::Error) -> ApiError {
    match error {
        store::Error::Compacted(_) => {
            ApiError::expired("The resourceVersion for the provided list is too old.")
        }
        store::Error::Future(current) => {
            ApiError::too_large_resource_version(current.0.saturating_add(1), current.0)
        }
        store::Error::TooLarge { bytes, .. } => {
            ApiError::request_too_large(&format!("the object would be stored as {bytes} bytes"))
        }
        store::Error::Closed => ApiError::new(Reason::ServiceUnavailable, "the server is stopping"),
        other => ApiError::internal(other),
    }
}
