//! The recent changes of one kind: for watches that resume and for lists of a moment ago.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::change::Change;

/// Changes kept at most. A client that relists 5,000 objects in chunks while each changes finds its place.
const CHANGES_MAX: usize = 10_000;
/// Bytes kept alive at most by changes that are over; large objects that change often get a shorter past.
const BYTES_MAX: usize = 32 << 20;
/// Bytes kept alive at most by the past of all kinds together. A cluster of many kinds that are all busy at once gets a
/// shorter past of each.
pub(super) const ALL_BYTES_MAX: usize = 256 << 20;
/// What is left of them when they were too many: enough less that it does not happen again with the next change.
const ALL_BYTES_LEFT: usize = ALL_BYTES_MAX / 4 * 3;
/// Kept of a kind however little room there is, so that its watches are not all ended by one large object.
const CHANGES_LEFT: usize = 10;
/// Changes older than this are dropped: a client that lost its connection is back within five minutes.
const AGE_MAX: Duration = Duration::from_mins(5);
/// Kept however old they are, so that a quiet kind's watch can resume after a night.
const CHANGES_MIN: usize = 100;

/// The changes after a revision, in order and without gap.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// Everything after this revision is here.
    since: u64,
    changes: VecDeque<Arc<Change>>,
    bytes: usize,
}

impl History {
    /// Starts over at a revision, with nothing known before it.
    pub(crate) fn restart(&mut self, since: u64) {
        *self = Self { since, ..Self::default() };
    }

    pub(crate) fn push(&mut self, change: Arc<Change>) {
        let now = change.at;
        self.bytes += change.weight();
        self.changes.push_back(change);
        self.trim(now);
    }

    /// Drops what is too much or too old by now.
    pub(crate) fn trim(&mut self, now: Instant) {
        while self.changes.len() > CHANGES_MIN
            && (self.changes.len() > CHANGES_MAX
                || self.bytes > BYTES_MAX
                || self.changes.front().is_some_and(|oldest| now - oldest.at > AGE_MAX))
        {
            self.drop_oldest();
        }
    }

    /// Drops the oldest changes until no more than so many bytes are kept alive.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        while self.changes.len() > CHANGES_LEFT && self.bytes > bytes {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.changes.pop_front() {
            self.bytes -= oldest.weight();
            self.since = oldest.revision;
        }
    }

    /// Bytes that are kept alive by changes that are over.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The revision after which every change is known.
    pub(crate) fn since(&self) -> u64 {
        self.since
    }

    /// Whether every change after `revision` is known.
    pub(crate) fn covers(&self, revision: u64) -> bool {
        revision >= self.since
    }

    /// The changes after a revision.
    pub(crate) fn after(&self, revision: u64) -> impl DoubleEndedIterator<Item = &Arc<Change>> {
        let start = self.changes.partition_point(|change| change.revision <= revision);
        self.changes.range(start..)
    }
}

/// The most bytes that each of so many pasts may keep, if all together are too many: who has little keeps it.
pub(super) fn fair_share(mut bytes: Vec<usize>) -> usize {
    bytes.sort_unstable();
    let (mut room, mut left) = (ALL_BYTES_LEFT, bytes.len());
    for own in bytes {
        if own > room / left {
            return room / left;
        }
        room -= own;
        left -= 1;
    }
    usize::MAX
}

#[cfg(test)]
mod tests;
