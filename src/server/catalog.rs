//! The kinds this server serves, each with the shelf its objects are on.
//!
//! A [`Snapshot`] never changes; the [`Catalog`] points at the present one, and kinds made at run time come and
//! go by putting another in its place. A request takes what it needs from one snapshot and is not disturbed.

mod served;
mod snapshot;
mod view;

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use kinds::Kind;
use tokio::sync::watch;

use crate::cache::{CacheProgress, Shelf};

pub(crate) use served::Served;
pub(crate) use snapshot::Snapshot;
pub(crate) use view::View;

/// Every kind served, by its names.
#[derive(Debug)]
pub(crate) struct Catalog {
    snapshot: ArcSwap<Snapshot>,
    /// Tells those who follow the kinds that there are others.
    changed: watch::Sender<()>,
}

impl Catalog {
    /// Serves these kinds, each stored kind on a shelf of its own.
    pub(crate) fn new(kinds: &[&'static dyn Kind], progress: &Arc<CacheProgress>) -> Self {
        let stored = kinds.iter().filter(|kind| !kind.virtual_review());
        let owners = stored.filter(|kind| kind.storage().conversion.is_none());
        let shelves: HashMap<String, Arc<Shelf>> = owners
            .map(|kind| {
                let shelf = Shelf::new(*kind, Arc::clone(progress));
                (kind.storage().prefix.into_owned(), Arc::new(shelf))
            })
            .collect();
        let served = kinds.iter().map(|kind| {
            let shelf = shelves.get(kind.storage().prefix.as_ref()).cloned();
            Arc::new(Served::built_in(*kind, shelf))
        });
        Self {
            snapshot: ArcSwap::from_pointee(Snapshot::new(served.collect())),
            changed: watch::Sender::new(()),
        }
    }

    /// The kinds as they are now.
    pub(crate) fn load(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    /// The kinds as they are now, for longer than a moment.
    pub(crate) fn load_full(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The kind that paths call so.
    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Served>> {
        self.load().find(group, version, plural).cloned()
    }

    /// The shelf of a kind.
    pub(crate) fn shelf(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Shelf>> {
        self.load().find(group, version, plural)?.shelf().cloned()
    }

    /// Learns of every change of the kinds from now on.
    pub(crate) fn follow(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Serves these kinds besides the built-in ones, and no longer those made at run time before.
    pub(crate) fn serve(&self, made: Vec<Arc<Served>>) {
        let next = self.load().with_made(made);
        self.snapshot.store(Arc::new(next));
        self.changed.send_replace(());
    }
}

#[cfg(test)]
mod tests;
