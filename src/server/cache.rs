//! The present state of the store, encoded once and kept where reads and watches find it.
//!
//! One task follows the store and applies every change in the order of revisions. A kind's objects are a
//! [`Shelf`]: a map from key to [`Cached`] (the final bytes, plus what selectors ask for), the recent
//! [`History`], and the watchers. A writer waits with [`Cache::reached`] until its own revision is applied
//! before it answers, so a read that follows any acknowledged write sees it, and no read touches the disk.

mod cached;
mod change;
mod fill;
mod follow;
mod follower;
mod forms;
mod head;
mod history;
mod progress;
mod selection;
mod shelf;
mod watch_body;
mod watcher;

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::time::Instant;

pub(crate) use cached::Cached;
pub(crate) use change::{Change, failure};
pub(crate) use follower::{Follower, News};
pub(crate) use head::Head;
pub(crate) use selection::{Selected, Selection};
pub(crate) use shelf::{ListQuery, Listed, Scope, Shelf, WatchStart};
pub(crate) use watch_body::{Render, WatchBody, WatchSettings};

use progress::Progress;

/// Told of every change, in the order of revisions, after its shelf has it and before those who wait for its
/// revision go on.
pub(crate) trait Listener: std::fmt::Debug + Send + Sync {
    /// An object is now this, or gone.
    fn changed(&self, prefix: &str, key: &str, current: Option<&Cached>);

    /// Everything may have changed.
    fn restarted(&self);
}

/// Shelves by the prefix of their keys. While one takes the place of another there are two.
type Shelves = HashMap<Box<str>, Vec<Arc<Shelf>>>;

/// All shelves, by the prefix of their keys, and how far the store has been followed.
#[derive(Debug)]
pub(crate) struct Cache {
    shelves: ArcSwap<Shelves>,
    progress: Arc<Progress>,
    listeners: Vec<Arc<dyn Listener>>,
}

impl Cache {
    /// An empty cache over these shelves.
    pub(crate) fn new(
        shelves: impl IntoIterator<Item = Arc<Shelf>>,
        progress: Arc<Progress>,
        listeners: Vec<Arc<dyn Listener>>,
    ) -> Self {
        let shelves = shelves.into_iter().map(|shelf| (shelf.prefix().into(), vec![shelf]));
        Self { shelves: ArcSwap::from_pointee(shelves.collect()), progress, listeners }
    }

    /// The last revision every shelf has applied.
    pub(crate) fn revision(&self) -> u64 {
        self.progress.applied()
    }

    pub(crate) fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Drops the past that is too old by now.
    fn trim(&self) {
        let now = Instant::now();
        self.shelves.load().values().flatten().for_each(|shelf| shelf.trim(now));
    }

    /// Shortens the longest pasts when all together are too much.
    fn bound_past(&self) {
        let shelves = self.shelves.load();
        let bytes: Vec<usize> = shelves.values().flatten().map(|shelf| shelf.past()).collect();
        if bytes.iter().sum::<usize>() <= history::ALL_BYTES_MAX {
            return;
        }
        let share = history::fair_share(bytes);
        let long = shelves.values().flatten().filter(|shelf| shelf.past() > share);
        long.for_each(|shelf| shelf.shrink_past(share));
    }

    /// Ends every watch.
    pub(crate) fn close_watches(&self) {
        self.shelves.load().values().flatten().for_each(|shelf| shelf.close_watches());
    }

    /// Waits until a revision is applied.
    pub(crate) async fn reached(&self, revision: u64) {
        self.progress.reached(revision).await;
    }
}

/// The shelves of a key, and the key within them.
fn shelves_of<'a, 's>(shelves: &'s Shelves, key: &'a str) -> Option<(&'s [Arc<Shelf>], &'a str)> {
    let mut ends = key.match_indices('/').skip(2).map(|(at, _)| at);
    // Keys are /registry/<plural>/… in the core group and /registry/<group>/<plural>/… elsewhere.
    [ends.next()?, ends.next().unwrap_or(0)].into_iter().find_map(|end| {
        let shelves = shelves.get(&key[..end])?;
        Some((shelves.as_slice(), &key[end + 1..]))
    })
}

pub(crate) use progress::Progress as CacheProgress;
