//! Reads from one snapshot of the file.

use std::ops::Range;

use ::redb::{Database, ReadOnlyTable, ReadTransaction, ReadableDatabase};
use bytes::Bytes;

use super::failed;
use super::tables::{COMPACTED, DELETED, HISTORY, INDEX, META, REVISION, Row};
use crate::watcher::{CHUNK, Chunk};
use crate::{Entry, Error, Event, EventChange, Page, Revision};

/// The store as it was when the last transaction was committed.
pub(super) struct Snapshot {
    transaction: ReadTransaction,
    revision: Revision,
    compacted: Revision,
}

impl Snapshot {
    pub(super) fn take(database: &Database) -> Result<Self, Error> {
        let transaction = database.begin_read().map_err(failed)?;
        let meta = transaction.open_table(META).map_err(failed)?;
        let counter = |name| -> Result<Revision, Error> {
            let value = meta.get(name).map_err(failed)?;
            Ok(value.map_or(Revision::FIRST, |value| Revision(value.value())))
        };
        let (revision, compacted) = (counter(REVISION)?, counter(COMPACTED)?);
        Ok(Self { transaction, revision, compacted })
    }

    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    /// The present revision, and the oldest at which the state is known.
    pub(super) fn position(&self) -> (Revision, Revision) {
        (self.revision, self.compacted)
    }

    /// Passes a revision on if the state at it is known.
    pub(super) fn readable(&self, at: Revision) -> Result<Revision, Error> {
        if at < self.compacted {
            Err(Error::Compacted(self.compacted))
        } else if at > self.revision {
            Err(Error::Future(self.revision))
        } else {
            Ok(at)
        }
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        let index = self.transaction.open_table(INDEX).map_err(failed)?;
        let last = index.range((key, 0)..=(key, u64::MAX)).map_err(failed)?.next_back();
        let Some(last) = last else { return Ok(None) };
        let (version, created) = last.map_err(failed)?;
        let version = Version { revision: version.value().1, created: created.value() };
        self.values()?.entry(key, version)
    }

    pub(super) fn list(
        &self,
        keys: Range<String>,
        at: Revision,
        limit: usize,
    ) -> Result<Page, Error> {
        let limit = if limit == 0 { usize::MAX } else { limit };
        let values = self.values()?;
        let mut page = Page { entries: Vec::new(), revision: at, more: false };
        if keys.is_empty() {
            return Ok(page);
        }
        let index = self.transaction.open_table(INDEX).map_err(failed)?;
        let mut versions =
            index.range((keys.start.as_str(), 0)..(keys.end.as_str(), 0)).map_err(failed)?;
        // The newest version not after `at` of the key that the cursor is in.
        let mut shown: Option<(String, Version)> = None;
        loop {
            let next = versions.next().transpose().map_err(failed)?;
            let next = next.as_ref().map(|(version, created)| (version.value(), created.value()));
            let same_key = match (&next, &shown) {
                (Some(((key, _), _)), Some((shown, _))) => key == shown,
                _ => false,
            };
            if !same_key && let Some((key, version)) = shown.take() {
                if page.entries.len() == limit {
                    page.more = version.created != DELETED;
                    if page.more {
                        return Ok(page);
                    }
                }
                page.entries.extend(values.entry(&key, version)?);
            }
            match next {
                Some(((key, revision), created)) if revision <= at.0 => {
                    shown = Some((key.to_owned(), Version { revision, created }));
                }
                Some(_) => (),
                None => return Ok(page),
            }
        }
    }

    pub(super) fn events_after(
        &self,
        keys: &Range<String>,
        after: Revision,
    ) -> Result<Chunk, Error> {
        let history = self.transaction.open_table(HISTORY).map_err(failed)?;
        let mut rows = history.range(after.next().0..).map_err(failed)?;
        let mut events = Vec::new();
        let mut through = after;
        while events.len() < CHUNK {
            let Some(row) = rows.next() else {
                return Ok(Chunk { events, through: self.revision, complete: true });
            };
            let (revision, row) = row.map_err(failed)?;
            through = Revision(revision.value());
            let (key, created, _, value) = row.value();
            if *keys.start <= *key && *key < *keys.end {
                events.push(event(key, through, Revision(created), value));
            }
        }
        Ok(Chunk { events, through, complete: through == self.revision })
    }

    fn values(&self) -> Result<Values, Error> {
        Ok(Values(self.transaction.open_table(HISTORY).map_err(failed)?))
    }
}

/// A row of the index, without its key.
#[derive(Clone, Copy)]
struct Version {
    revision: u64,
    created: u64,
}

struct Values(ReadOnlyTable<u64, Row>);

impl Values {
    /// The entry a version made; none if it was a delete.
    fn entry(&self, key: &str, version: Version) -> Result<Option<Entry>, Error> {
        if version.created == DELETED {
            return Ok(None);
        }
        let row = self.0.get(version.revision).map_err(failed)?;
        let value = row.as_ref().and_then(|row| row.value().3).ok_or_else(|| Error::Damaged {
            key: key.to_owned(),
            revision: Revision(version.revision),
        })?;
        Ok(Some(Entry {
            key: key.to_owned(),
            value: Bytes::copy_from_slice(value),
            revision: Revision(version.revision),
            created: Revision(version.created),
        }))
    }
}

fn event(key: &str, revision: Revision, created: Revision, value: Option<&[u8]>) -> Event {
    let change = match value {
        Some(value) => {
            EventChange::Put { value: Bytes::copy_from_slice(value), created: created == revision }
        }
        None => EventChange::Delete,
    };
    Event { key: key.to_owned(), revision, change }
}
