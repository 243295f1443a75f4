//! What a store gives back.

use bytes::Bytes;

use crate::Revision;

/// A key and its value, with the revisions that made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub key: String,
    /// What was last written.
    pub value: Bytes,
    /// When it was last written.
    pub revision: Revision,
    /// When the key came into being, after being absent.
    pub created: Revision,
}

/// A part of a range, all of it as of one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order of their keys.
    pub entries: Vec<Entry>,
    /// The revision the page shows.
    pub revision: Revision,
    /// Whether the range has more keys after these.
    pub more: bool,
}
