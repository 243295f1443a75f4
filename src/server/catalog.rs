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

use crate::cache::{CacheProgress, Shelf};

pub(crate) use served::Served;
pub(crate) use snapshot::Snapshot;
pub(crate) use view::View;

/// Every kind served, by its names.
#[derive(Debug)]
pub(crate) struct Catalog(ArcSwap<Snapshot>);

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
        Self(ArcSwap::from_pointee(Snapshot::new(served.collect())))
    }

    /// The kinds as they are now.
    pub(crate) fn load(&self) -> Guard<Arc<Snapshot>> {
        self.0.load()
    }

    /// The kind that paths call so.
    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Served>> {
        self.load().find(group, version, plural).cloned()
    }

    /// The shelf of a kind.
    pub(crate) fn shelf(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Shelf>> {
        self.load().find(group, version, plural)?.shelf().cloned()
    }

    /// Serves these kinds besides the built-in ones, and no longer those made at run time before.
    pub(crate) fn serve(&self, made: Vec<Arc<Served>>) {
        let next = self.load().with_made(made);
        self.0.store(Arc::new(next));
    }
}

#[cfg(test)]
mod tests;
