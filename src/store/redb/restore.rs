//! Makes a file that holds given entries, as if they had been written at their revisions.

use std::path::Path;

use ::redb::Database;

use super::tables::{COMPACTED, HISTORY, INDEX, META, REVISION};
use super::{failed, file};
use crate::{Entry, Error, Revision};

/// Makes a store at `path`, where there is none, with these entries and no history, standing at a revision that is
/// no earlier than theirs. Whoever knows a revision of before starts over.
pub fn restore<E: From<Error>>(
    path: &Path,
    mut next: impl FnMut() -> Result<Option<Entry>, E>,
    at: Revision,
) -> Result<(), E> {
    let fill = |database: &Database| {
        let transaction = database.begin_write().map_err(failed)?;
        {
            let mut history = transaction.open_table(HISTORY).map_err(failed)?;
            let mut index = transaction.open_table(INDEX).map_err(failed)?;
            while let Some(entry) = next()? {
                let Entry { key, value, revision, created } = &entry;
                history
                    .insert(revision.0, (key.as_str(), created.0, 0, Some(&value[..])))
                    .map_err(failed)?;
                index.insert((key.as_str(), revision.0), created.0).map_err(failed)?;
            }
            let mut meta = transaction.open_table(META).map_err(failed)?;
            meta.insert(REVISION, at.0).map_err(failed)?;
            meta.insert(COMPACTED, at.0).map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        Ok(())
    };
    file::make(path, |file| file, fill).map(drop)
}
