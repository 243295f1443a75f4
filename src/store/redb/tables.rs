//! What is in the file.
//!
//! A value is stored once, in [`HISTORY`] under the revision that wrote it, so that most of a commit appends to
//! one place. [`INDEX`] says which revisions wrote a key; it is small, and the only table with keys in order.

use ::redb::TableDefinition;

/// What a revision wrote: key, revision the key was created, the key's write before this one (0: none), value
/// (none: deleted).
pub(super) type Row = (&'static str, u64, u64, Option<&'static [u8]>);

/// A key and a revision that wrote it.
pub(super) type Version = (&'static str, u64);

/// Revision → what it wrote.
pub(super) const HISTORY: TableDefinition<'_, u64, Row> = TableDefinition::new("history");

/// Version of a key → revision the key was created, or [`DELETED`].
pub(super) const INDEX: TableDefinition<'_, Version, u64> = TableDefinition::new("index");

/// Marks a delete in [`INDEX`]: no revision is zero.
pub(super) const DELETED: u64 = 0;

/// Counters by name.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

/// In [`META`]: the layout of the file.
pub(super) const FORMAT: &str = "format";
/// The layout this code reads and writes.
pub(super) const PRESENT_FORMAT: u64 = 1;
/// In [`META`]: the revision of the last write.
pub(super) const REVISION: &str = "revision";
/// In [`META`]: the oldest revision at which the state is known.
pub(super) const COMPACTED: &str = "compacted";
