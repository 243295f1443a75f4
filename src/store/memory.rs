//! A store in memory, for tests and for clusters that need not outlive their process.
//!
//! It is also the plainest statement of what a store promises: each key has its versions in order, a log says
//! which key each revision changed, and compaction walks the log.

mod state;

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use async_trait::async_trait;
use tokio::sync::broadcast;

use crate::change::{check, check_size};
use crate::watcher::{self, Batch, Chunk, History, LIVE_BATCHES};
use crate::{Change, Entry, Error, Events, Expect, HISTORY_REVISIONS, Page, Revision, Store};
use state::State;

/// A store that lives as long as this value.
#[derive(Debug)]
pub struct Memory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    live: broadcast::Sender<Batch>,
    history_revisions: u64,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Self {
        Self::with_history(HISTORY_REVISIONS)
    }

    /// An empty store that keeps this many revisions by itself.
    pub fn with_history(revisions: u64) -> Self {
        let (live, _) = broadcast::channel(LIVE_BATCHES);
        let state = Mutex::new(State::new());
        Self(Arc::new(Shared { state, live, history_revisions: revisions }))
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the state")
    }
}

#[async_trait]
impl Store for Memory {
    async fn revision(&self) -> Result<Revision, Error> {
        Ok(self.0.state().revision())
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        Ok(self.0.state().get(key))
    }

    async fn list(
        &self,
        keys: Range<String>,
        at: Option<Revision>,
        limit: usize,
    ) -> Result<Page, Error> {
        let state = self.0.state();
        let at = state.readable(at.unwrap_or(state.revision()))?;
        Ok(state.list(keys, at, limit))
    }

    async fn write(&self, key: &str, expect: Expect, change: Change) -> Result<Revision, Error> {
        check_size(key, &change)?;
        let mut state = self.0.state();
        check(key, state.get(key).map(|entry| entry.revision), expect, &change)?;
        let event = state.apply(key, change);
        let revision = event.revision;
        state.compact(Revision(revision.0.saturating_sub(self.0.history_revisions)));
        // Sent under the lock, so that watchers see the order of the writes. Nobody may be listening.
        let _ = self.0.live.send(Arc::new([event]));
        Ok(revision)
    }

    async fn watch(&self, keys: Range<String>, after: Revision) -> Result<Events, Error> {
        let live = self.0.live.subscribe();
        self.0.state().readable(after)?;
        let history: Weak<dyn History> = Arc::<Shared>::downgrade(&self.0);
        Ok(watcher::watch(history, live, keys, after))
    }

    async fn compact(&self, up_to: Revision) -> Result<(), Error> {
        let mut state = self.0.state();
        if up_to > state.revision() {
            return Err(Error::Future(state.revision()));
        }
        state.compact(up_to);
        Ok(())
    }
}

#[async_trait]
impl History for Shared {
    async fn after(self: Arc<Self>, keys: Range<String>, after: Revision) -> Result<Chunk, Error> {
        let state = self.state();
        state.readable(after)?;
        Ok(state.events_after(&keys, after))
    }
}

#[cfg(test)]
mod tests;
