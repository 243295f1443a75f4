//! Forgets history, a stretch at a time.
//!
//! A row crosses the horizon once. What it replaced is then beyond recall and goes; if it was a delete, it goes
//! too. So the horizon moves at the price of the rows it passes, however large the store is.

use ::redb::{ReadableTable, Table};

use super::failed;
use super::tables::{Row, Version};
use crate::{Error, Revision};

/// How many revisions one commit forgets at most.
///
/// Some milliseconds of work, so that writers hardly notice, and enough rows of a page at once that forgetting
/// costs less than writing did.
pub(super) const STRETCH: u64 = 1024;

/// The tables that compaction takes rows from.
pub(super) struct Tables<'a, 't> {
    pub(super) history: &'a mut Table<'t, u64, Row>,
    pub(super) index: &'a mut Table<'t, Version, u64>,
}

/// Moves the horizon from one revision to a later one.
pub(super) fn forget(
    tables: &mut Tables<'_, '_>,
    from: Revision,
    to: Revision,
) -> Result<(), Error> {
    for (key, revision) in forgotten(tables, from, to)? {
        tables.history.remove(revision).map_err(failed)?;
        tables.index.remove((key.as_str(), revision)).map_err(failed)?;
    }
    Ok(())
}

/// The rows that nothing at or after `to` can show.
fn forgotten(
    tables: &Tables<'_, '_>,
    from: Revision,
    to: Revision,
) -> Result<Vec<(String, u64)>, Error> {
    let mut forgotten = Vec::new();
    for row in tables.history.range(from.next().0..=to.0).map_err(failed)? {
        let (revision, row) = row.map_err(failed)?;
        let (key, _, previous, value) = row.value();
        if previous != 0 {
            forgotten.push((key.to_owned(), previous));
        }
        if value.is_none() {
            forgotten.push((key.to_owned(), revision.value()));
        }
    }
    Ok(forgotten)
}
