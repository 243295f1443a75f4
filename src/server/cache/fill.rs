//! Shelves that come and go while the store is followed.

use std::sync::Arc;

use store::Store;

use super::follow::{Loaded, entries};
use super::{Cache, Shelf, Shelves};

impl Cache {
    /// Fills a shelf from the store and keeps it in step from there: nothing is missed and nothing comes twice,
    /// since changes wait while the objects are read, and those the objects show already are dropped.
    pub(crate) async fn add(
        &self,
        store: &dyn Store,
        shelf: &Arc<Shelf>,
    ) -> Result<(), store::Error> {
        shelf.begin_fill();
        self.change(|shelves| {
            shelves.entry(shelf.prefix().into()).or_default().push(Arc::clone(shelf));
        });
        let prefix = format!("{}/", shelf.prefix());
        let mut loaded = Loaded::default();
        let filled = entries(store, store::under(&prefix), |entry| {
            loaded.add(shelf, &entry.key[prefix.len()..], entry);
        });
        match filled.await {
            Ok(revision) => {
                shelf.end_fill(revision.0, loaded);
                Ok(())
            }
            Err(error) => {
                self.remove(shelf);
                Err(error)
            }
        }
    }

    /// Lets a shelf go; whoever watches it has to start over.
    pub(crate) fn remove(&self, shelf: &Arc<Shelf>) {
        // Before changes pass it by, so that nobody is shown the past as the present.
        shelf.close();
        self.change(|shelves| {
            let Some(same) = shelves.get_mut(shelf.prefix()) else { return };
            same.retain(|other| !Arc::ptr_eq(other, shelf));
            if same.is_empty() {
                shelves.remove(shelf.prefix());
            }
        });
    }

    fn change(&self, with: impl Fn(&mut Shelves)) {
        self.shelves.rcu(|shelves| {
            let mut next = Shelves::clone(shelves);
            with(&mut next);
            next
        });
    }
}

#[cfg(test)]
mod tests;
