//! What a watcher is told.

use bytes::Bytes;

use crate::Revision;

/// One write, as a watcher sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The key that changed.
    pub key: String,
    /// The revision the change made.
    pub revision: Revision,
    /// What happened.
    pub change: EventChange,
}

/// What happened to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventChange {
    /// It has this value now.
    Put {
        /// What was written.
        value: Bytes,
        /// Whether the key was absent before.
        created: bool,
    },
    /// It is absent now.
    Delete,
}
