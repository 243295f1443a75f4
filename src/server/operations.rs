//! What an operator may set.

use std::path::PathBuf;

/// As in Kubernetes: 400 requests that read and 200 that write.
const SEATS: u32 = 600;

/// What an operator may set; the defaults ask for nothing.
#[derive(Debug, Clone)]
pub struct Operations {
    /// Requests under way at a time, watches and what is exempt not counted; priority levels share them.
    pub seats: u32,
    /// What is encrypted in the store, and how.
    pub encryption: Option<Encryption>,
}

/// Encryption at rest.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// An `EncryptionConfiguration` of `apiserver.config.k8s.io/v1`.
    pub file: PathBuf,
    /// Whether a change of the file is taken up while the server runs.
    pub reload: bool,
}

impl Default for Operations {
    fn default() -> Self {
        Self { seats: SEATS, encryption: None }
    }
}
