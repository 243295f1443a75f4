//! Keeps something that is made from a shelf's objects in step with them.

use std::sync::Arc;

use super::change::Change;
use super::{Cached, Shelf};

/// How far somebody has taken in what is on a shelf. It asks when it needs to know: a kind that changes often
/// and is asked for rarely costs nothing in between.
#[derive(Debug)]
pub(crate) struct Follower {
    shelf: Arc<Shelf>,
    seen: Option<u64>,
}

/// What there is to take in.
#[derive(Debug)]
pub(crate) enum News {
    /// Forget what was; these are all objects.
    Everything(Vec<Arc<Cached>>),
    /// The changes since, in order.
    Changes(Vec<Arc<Change>>),
}

impl Follower {
    pub(crate) fn new(shelf: Arc<Shelf>) -> Self {
        Self { shelf, seen: None }
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.seen.is_none_or(|seen| seen < self.shelf.changed())
    }

    /// What has happened since the last time.
    pub(crate) fn catch_up(&mut self) -> News {
        let (revision, news) = self.shelf.news(self.seen);
        self.seen = Some(revision);
        news
    }
}
