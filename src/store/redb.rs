//! A store on disk: one redb file, one writer, one fsync for all who wait.
//!
//! Writes queue for a thread of their own, which puts everything that waits into one durable transaction, tells
//! the watchers and then answers all writers. Reads use redb's snapshots and never wait for it.

mod commits;
mod compaction;
mod file;
mod medium;
mod reader;
mod restore;
mod tables;
mod writer;

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;

use ::redb::StorageBackend;
use ::redb::backends::FileBackend;
use async_trait::async_trait;
use base::Metrics;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::spawn_blocking;

use crate::change::check_size;
use crate::watcher::{self, Batch, Chunk, History, LIVE_BATCHES};
use crate::{Change, Entry, Error, Events, Expect, HISTORY_REVISIONS, Page, Revision, Store};
pub use restore::restore;

use medium::Medium;
use reader::Snapshot;
use writer::{Request, Writer};

/// How many writes may wait for the writer before the next caller waits to queue.
///
/// Enough that a batch is never cut short by the queue; a caller beyond it is slowed, not refused.
const QUEUE: usize = 1024;

/// A store in a file, which is this process's alone until the store is dropped.
#[derive(Debug)]
pub struct Redb {
    shared: Arc<Shared>,
    live: broadcast::Sender<Batch>,
    /// None only while the store is dropped.
    requests: Option<mpsc::Sender<Request>>,
    writer: Option<JoinHandle<()>>,
    /// Closed when the writer has ended.
    ended: watch::Receiver<()>,
}

struct Shared {
    medium: Medium,
}

impl Redb {
    /// Opens the store in the file at `path`, or makes one there.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_with_history(path, HISTORY_REVISIONS)
    }

    /// Opens the store and keeps this many revisions by itself.
    pub fn open_with_history(path: &Path, revisions: u64) -> Result<Self, Error> {
        Self::start(path, |file| file, revisions, &Metrics::default())
    }

    /// Opens the store and counts its commits.
    pub fn open_measured(path: &Path, metrics: &Metrics) -> Result<Self, Error> {
        Self::start(path, |file| file, HISTORY_REVISIONS, metrics)
    }

    /// Starts on a file that is reached through `backing`.
    fn start<B: StorageBackend>(
        path: &Path,
        backing: impl Fn(FileBackend) -> B + Send + Sync + 'static,
        revisions: u64,
        metrics: &Metrics,
    ) -> Result<Self, Error> {
        let database = file::open(path, &backing)?;
        let path = path.to_owned();
        let medium = Medium::new(database, move || file::open_existing(&path, &backing));
        let shared = Arc::new(Shared { medium });
        let (live, _) = broadcast::channel(LIVE_BATCHES);
        let (requests, queue) = mpsc::channel(QUEUE);
        let writer = Writer::new(Arc::clone(&shared), queue, live.clone(), revisions, metrics)?;
        let (running, ended) = watch::channel(());
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                // Dropped when this ends, in whatever way.
                let _running = running;
                writer.run();
            })
            .map_err(|error| Error::Backend(Arc::new(error)))?;
        Ok(Self { shared, live, requests: Some(requests), writer: Some(writer), ended })
    }

    /// Completes when nothing can be written any more, since the writer has ended.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut ended = self.ended.clone();
        async move { while ended.changed().await.is_ok() {} }
    }

    async fn request(&self, request: Request) -> Result<(), Error> {
        let requests = self.requests.as_ref().ok_or(Error::Closed)?;
        requests.send(request).await.map_err(|_| Error::Closed)
    }

    /// Runs a read that may take long away from the async workers.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Snapshot) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.shared.read(read).await
    }
}

impl Drop for Redb {
    /// Waits for the last commit, so that the file is free when this returns.
    fn drop(&mut self) {
        self.requests = None;
        if let Some(writer) = self.writer.take() {
            // A panic of the writer has been reported when it happened.
            let _ = writer.join();
        }
    }
}

#[async_trait]
impl Store for Redb {
    async fn revision(&self) -> Result<Revision, Error> {
        Ok(self.shared.snapshot()?.revision())
    }

    async fn is_well(&self) -> Result<(), Error> {
        self.shared.medium.is_well()
    }

    // Inline: a few pages, nearly always in memory, cost less than a change of thread.
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.shared.snapshot()?.get(key)
    }

    async fn list(
        &self,
        keys: Range<String>,
        at: Option<Revision>,
        limit: usize,
    ) -> Result<Page, Error> {
        self.read(move |snapshot| {
            let at = snapshot.readable(at.unwrap_or(snapshot.revision()))?;
            snapshot.list(keys, at, limit)
        })
        .await
    }

    async fn write(&self, key: &str, expect: Expect, change: Change) -> Result<Revision, Error> {
        check_size(key, &change)?;
        let (answer, answered) = oneshot::channel();
        self.request(Request::Write { key: key.to_owned(), expect, change, answer }).await?;
        answered.await.map_err(|_| Error::Closed)?
    }

    async fn watch(&self, keys: Range<String>, after: Revision) -> Result<Events, Error> {
        let live = self.live.subscribe();
        self.shared.snapshot()?.readable(after)?;
        let history: Weak<dyn History> = Arc::<Shared>::downgrade(&self.shared);
        Ok(watcher::watch(history, live, keys, after))
    }

    async fn compact(&self, up_to: Revision) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        self.request(Request::Compact { up_to, answer }).await?;
        answered.await.map_err(|_| Error::Closed)?
    }
}

impl Shared {
    fn snapshot(&self) -> Result<Snapshot, Error> {
        self.medium.snapshot()
    }

    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Snapshot) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let shared = Arc::clone(self);
        spawn_blocking(move || read(&shared.snapshot()?)).await.map_err(|_| Error::Closed)?
    }
}

#[async_trait]
impl History for Shared {
    async fn after(self: Arc<Self>, keys: Range<String>, after: Revision) -> Result<Chunk, Error> {
        self.read(move |snapshot| {
            snapshot.readable(after)?;
            snapshot.events_after(&keys, after)
        })
        .await
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// Turns any of redb's errors into ours.
fn failed(error: impl Into<::redb::Error>) -> Error {
    Error::Backend(Arc::new(error.into()))
}

#[cfg(test)]
mod tests;
