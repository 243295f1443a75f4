//! Fills the cache from the store and keeps it there.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use base::{Backoff, CancellationToken, Tasks};
use futures::StreamExt;
use store::{Entry, Event, EventChange, Revision, Store};
use tracing::{error, warn};

use super::{Cache, Cached, Shelf, shelves_of};

/// Where all objects are.
const ROOT: &str = "/registry/";
/// Objects read from the store at a time while the cache is filled.
const LOAD_PAGE: usize = 1_000;
/// Changes applied before those who wait for them are woken; enough to hold a store's whole group commit.
const BATCH_MAX: usize = 512;
/// How often it is looked for a past that is too old.
const TRIM_INTERVAL: Duration = Duration::from_secs(30);
/// Between attempts to read a store that fails.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_CAP: Duration = Duration::from_secs(10);

impl Cache {
    /// Reads everything and starts to follow.
    pub(crate) async fn start(
        self: &Arc<Self>,
        store: Arc<dyn Store>,
        tasks: &Tasks,
    ) -> Result<(), store::Error> {
        let loaded = self.load(store.as_ref()).await?;
        let cache = Arc::clone(self);
        tasks.spawn("watch cache", |stop| async move {
            cache.follow(store, loaded, &stop).await;
            cache.close_watches();
        });
        let cache = Arc::clone(self);
        tasks.spawn_until_stop("watch cache's past", async move {
            loop {
                tokio::time::sleep(TRIM_INTERVAL).await;
                cache.trim();
            }
        });
        Ok(())
    }

    /// Follows the store; reads it anew whenever the thread is lost.
    async fn follow(&self, store: Arc<dyn Store>, mut at: Revision, stop: &CancellationToken) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_CAP);
        loop {
            let ended = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                ended = self.follow_from(store.as_ref(), at, &mut backoff) => ended,
            };
            if let Err(error) = ended {
                warn!(%error, "lost the store's changes; reading everything again");
            }
            at = loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(backoff.next_delay()) => {}
                }
                match self.load(store.as_ref()).await {
                    Ok(at) => break at,
                    Err(error) => error!(%error, "the store cannot be read"),
                }
            };
        }
    }

    async fn follow_from(
        &self,
        store: &dyn Store,
        at: Revision,
        backoff: &mut Backoff,
    ) -> Result<(), store::Error> {
        // Every key: whoever waits for a revision must see it, even if its key is not an object's.
        let events = store.watch(store::everything(), at).await?;
        let mut batches = events.ready_chunks(BATCH_MAX);
        let mut changed = Vec::new();
        while let Some(batch) = batches.next().await {
            backoff.reset();
            let mut last = None;
            let mut ended = Ok(());
            for event in batch {
                match event {
                    Ok(event) => {
                        last = Some(event.revision.0);
                        self.apply(event, &mut changed);
                    }
                    Err(error) => ended = Err(error),
                }
            }
            if let Some(revision) = last {
                self.progress.advance(revision);
            }
            changed.drain(..).for_each(|shelf: Arc<Shelf>| shelf.announce());
            self.bound_past();
            ended?;
        }
        Ok(())
    }

    /// Takes in one change, and notes whose watches have to be told.
    fn apply(&self, event: Event, changed: &mut Vec<Arc<Shelf>>) {
        let shelves = self.shelves.load();
        let Some((shelves, key)) = shelves_of(&shelves, &event.key) else { return };
        let revision = event.revision.0;
        for (index, shelf) in shelves.iter().enumerate() {
            let current = match &event.change {
                EventChange::Put { value, .. } => {
                    let completed = shelf.completed(value);
                    let value = completed.as_ref().unwrap_or(value);
                    let (head, selectable) = (shelf.head(), shelf.selectable());
                    let object = Cached::read(head, selectable, key, value, revision);
                    match noted(shelf, key, object) {
                        Some(object) => Some(object),
                        // It stays as it was. Taken for deleted, it would give up its addresses and dependents.
                        None => continue,
                    }
                }
                EventChange::Delete => None,
            };
            shelf.apply(key, revision, current.clone());
            if !changed.iter().any(|noted| Arc::ptr_eq(noted, shelf)) {
                changed.push(Arc::clone(shelf));
            }
            // Of two shelves with one prefix, only the first is told of.
            for listener in self.listeners.iter().filter(|_| index == 0) {
                listener.changed(shelf.prefix(), key, current.as_deref());
            }
        }
    }

    /// Reads all objects.
    async fn load(&self, store: &dyn Store) -> Result<Revision, store::Error> {
        let (all, revision, mut objects) = loop {
            let all = self.shelves.load_full();
            let mut objects: HashMap<usize, Loaded> = HashMap::new();
            let revision = entries(store, store::under(ROOT), |entry| {
                let Some((shelves, key)) = shelves_of(&all, &entry.key) else { return };
                for shelf in shelves {
                    objects.entry(identity(shelf)).or_default().add(shelf, key, entry);
                }
            });
            let revision = revision.await?;
            // A shelf added meanwhile may have been read at an earlier revision.
            if Arc::ptr_eq(&all, &self.shelves.load_full()) {
                break (all, revision, objects);
            }
        };
        for shelf in all.values().flatten() {
            shelf.restart(revision.0, objects.remove(&identity(shelf)).unwrap_or_default());
        }
        self.listeners.iter().for_each(|listener| listener.restarted());
        self.progress.advance(revision.0);
        Ok(revision)
    }
}

/// What the store has for a shelf.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) objects: Vec<Arc<Cached>>,
    /// The keys of what cannot be read.
    pub(super) unreadable: BTreeSet<Box<str>>,
}

impl Loaded {
    pub(super) fn add(&mut self, shelf: &Shelf, key: &str, entry: &Entry) {
        match noted(shelf, key, shelf.read_stored(key, entry)) {
            Some(object) => self.objects.push(object),
            None => drop(self.unreadable.insert(key.into())),
        }
    }
}

/// Tells a shelf from another with the same prefix.
fn identity(shelf: &Arc<Shelf>) -> usize {
    Arc::as_ptr(shelf).addr()
}

/// Reads a range page by page at one revision, which it returns.
pub(super) async fn entries(
    store: &dyn Store,
    mut range: Range<String>,
    mut with: impl FnMut(&Entry) + Send,
) -> Result<Revision, store::Error> {
    let mut at = None;
    loop {
        let page = store.list(range.clone(), at, LOAD_PAGE).await?;
        at = Some(page.revision);
        page.entries.iter().for_each(&mut with);
        match page.entries.last() {
            Some(last) if page.more => range.start = format!("{}\0", last.key),
            _ => return Ok(page.revision),
        }
    }
}

/// An object that cannot be read is logged: one damaged entry must not stop the server.
fn noted(shelf: &Shelf, key: &str, read: Result<Cached, serde_json::Error>) -> Option<Arc<Cached>> {
    match read {
        Ok(object) => Some(Arc::new(object)),
        Err(error) => {
            error!(prefix = shelf.prefix(), key, %error, "stored object cannot be read");
            None
        }
    }
}

#[cfg(test)]
mod tests;
