//! The lines of a backup: JSON, gzip around them. The head, the files, the entries, and an end that vouches for
//! all before it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Entry, Revision};

/// The layout of the lines.
pub(super) const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum Line {
    /// Comes first.
    Head(Head),
    /// A file of the data directory.
    File { name: String, data: String },
    /// A key of the store.
    Entry { key: String, created: u64, revision: u64, value: String },
    /// Comes last: how many entries there are, and the SHA-256 of everything before this line.
    End { entries: u64, sha256: String },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) format: u32,
    pub(super) revision: u64,
    pub(super) made: Timestamp,
    pub(super) kubernetes: String,
}

impl Line {
    pub(super) fn head(revision: Revision, made: Timestamp, kubernetes: &str) -> Self {
        let kubernetes = kubernetes.to_owned();
        Self::Head(Head { format: FORMAT, revision: revision.0, made, kubernetes })
    }

    pub(super) fn file(name: &str, data: &[u8]) -> Self {
        Self::File { name: name.to_owned(), data: STANDARD.encode(data) }
    }

    pub(super) fn entry(entry: &Entry) -> Self {
        Self::Entry {
            key: entry.key.clone(),
            created: entry.created.0,
            revision: entry.revision.0,
            value: STANDARD.encode(&entry.value),
        }
    }
}
