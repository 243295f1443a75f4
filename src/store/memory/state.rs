//! Every version of every key that is still remembered.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;

use crate::watcher::{CHUNK, Chunk};
use crate::{Change, Entry, Error, Event, EventChange, Page, Revision};

/// The whole store at its present revision, and its past back to the compacted one.
#[derive(Debug)]
pub(super) struct State {
    revision: Revision,
    compacted: Revision,
    /// The versions of each key, oldest first, never none.
    keys: BTreeMap<String, Vec<Version>>,
    /// The key each revision after the compacted one changed.
    log: BTreeMap<Revision, String>,
}

#[derive(Debug)]
struct Version {
    revision: Revision,
    created: Revision,
    /// None after a delete.
    value: Option<Bytes>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            revision: Revision::FIRST,
            compacted: Revision::FIRST,
            keys: BTreeMap::new(),
            log: BTreeMap::new(),
        }
    }

    pub(super) fn revision(&self) -> Revision {
        self.revision
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

    pub(super) fn get(&self, key: &str) -> Option<Entry> {
        let (key, versions) = self.keys.get_key_value(key)?;
        entry_at(key, versions, self.revision)
    }

    pub(super) fn list(&self, keys: Range<String>, at: Revision, limit: usize) -> Page {
        let limit = if limit == 0 { usize::MAX } else { limit };
        let mut found = range(&self.keys, keys)
            .filter_map(|(key, versions)| entry_at(key, versions, at))
            .fuse();
        let entries = found.by_ref().take(limit).collect();
        Page { entries, revision: at, more: found.next().is_some() }
    }

    /// Makes the next revision.
    pub(super) fn apply(&mut self, key: &str, change: Change) -> Event {
        let created = self.get(key).map(|entry| entry.created);
        self.revision = self.revision.next();
        let revision = self.revision;
        let (value, change) = match change {
            Change::Put(value) => {
                (Some(value.clone()), EventChange::Put { value, created: created.is_none() })
            }
            Change::Delete => (None, EventChange::Delete),
        };
        let version = Version { revision, created: created.unwrap_or(revision), value };
        self.keys.entry(key.to_owned()).or_default().push(version);
        self.log.insert(revision, key.to_owned());
        Event { key: key.to_owned(), revision, change }
    }

    pub(super) fn events_after(&self, keys: &Range<String>, after: Revision) -> Chunk {
        let mut log = self.log.range(after.next()..);
        let mut events = Vec::new();
        let mut through = after;
        for (revision, key) in log.by_ref() {
            through = *revision;
            if keys.contains(key) {
                events.push(self.event(key, *revision));
            }
            if events.len() == CHUNK {
                break;
            }
        }
        let complete = log.next().is_none();
        Chunk { events, through, complete }
    }

    /// Forgets what was before `up_to`; what is already forgotten stays so.
    pub(super) fn compact(&mut self, up_to: Revision) {
        if up_to <= self.compacted {
            return;
        }
        self.compacted = up_to;
        let kept = self.log.split_off(&up_to.next());
        let forgotten = std::mem::replace(&mut self.log, kept);
        for key in forgotten.into_values() {
            self.compact_key(key, up_to);
        }
    }

    fn compact_key(&mut self, key: String, up_to: Revision) {
        let Some(versions) = self.keys.get_mut(&key) else { return };
        let newer = versions.partition_point(|version| version.revision <= up_to);
        let shown = newer.saturating_sub(1);
        let forget = if versions[shown].value.is_none() && shown < newer { newer } else { shown };
        versions.drain(..forget);
        if versions.is_empty() {
            self.keys.remove(&key);
        }
    }

    fn event(&self, key: &str, revision: Revision) -> Event {
        let versions = &self.keys[key];
        let version = versions
            .binary_search_by_key(&revision, |version| version.revision)
            .map(|index| &versions[index])
            .expect("the log names only versions that are kept");
        let change = match &version.value {
            Some(value) => EventChange::Put {
                value: value.clone(),
                created: version.created == version.revision,
            },
            None => EventChange::Delete,
        };
        Event { key: key.to_owned(), revision, change }
    }
}

/// The key as it was at a revision, if it existed.
fn entry_at(key: &str, versions: &[Version], at: Revision) -> Option<Entry> {
    let newer = versions.partition_point(|version| version.revision <= at);
    let version = &versions[newer.checked_sub(1)?];
    Some(Entry {
        key: key.to_owned(),
        value: version.value.clone()?,
        revision: version.revision,
        created: version.created,
    })
}

/// A range of a map; empty, not a panic, when it ends before it starts.
fn range<T>(map: &BTreeMap<String, T>, keys: Range<String>) -> impl Iterator<Item = (&String, &T)> {
    let end = keys.end.max(keys.start.clone());
    map.range(keys.start..end)
}
