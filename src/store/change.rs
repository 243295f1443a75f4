//! What a write asks for.

use bytes::Bytes;

use crate::{Error, Revision};

/// The longest value a store accepts.
///
/// The API takes bodies of 3 MiB; managed fields and defaults make an object longer before it is stored.
pub const VALUE_BYTES_MAX: usize = 6 << 20;

/// What must be true of the key for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nobody has it.
    Absent,
    /// It was last written at this revision.
    Unchanged(Revision),
    /// Nothing.
    Anything,
}

/// What to do with the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Write this value.
    Put(Bytes),
    /// Remove it.
    Delete,
}

/// Refuses a change that the key's present revision does not allow.
pub(crate) fn check(
    key: &str,
    found: Option<Revision>,
    expect: Expect,
    change: &Change,
) -> Result<(), Error> {
    let expected = match expect {
        Expect::Absent => found.is_none(),
        Expect::Unchanged(revision) => found == Some(revision),
        Expect::Anything => true,
    };
    let possible = matches!(change, Change::Put(_)) || found.is_some();
    if expected && possible { Ok(()) } else { Err(Error::Conflict { key: key.into(), found }) }
}

/// Refuses a value that is too long to store.
pub(crate) fn check_size(key: &str, change: &Change) -> Result<(), Error> {
    match change {
        Change::Put(value) if value.len() > VALUE_BYTES_MAX => {
            Err(Error::TooLarge { key: key.into(), bytes: value.len() })
        }
        Change::Put(_) | Change::Delete => Ok(()),
    }
}
