//! The stream behind every watch: history first, then live, and history again when live went too fast.
//!
//! A watcher never holds more than one chunk of history and shares the live batches with all others, so a slow
//! one costs no memory of its own. What it has missed it reads from history, until that is compacted too.

use std::ops::Range;
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream;
use tokio::sync::broadcast;

use crate::{Error, Event, Events, Revision};

/// Events published together, in order, without a revision missing between batches.
pub(crate) type Batch = Arc<[Event]>;

/// How many batches a watcher may be behind before it turns to history.
///
/// A batch is one commit. Few are needed to bridge a moment without CPU; each may pin a commit's values.
pub(crate) const LIVE_BATCHES: usize = 256;

/// How many events a watcher takes from history at once: enough to spread the cost of a read, few to hold.
pub(crate) const CHUNK: usize = 512;

/// Where a watcher reads what has already happened.
#[async_trait]
pub(crate) trait History: Send + Sync + 'static {
    /// The next events of a range after a revision, at most [`CHUNK`] of them.
    async fn after(self: Arc<Self>, keys: Range<String>, after: Revision) -> Result<Chunk, Error>;
}

/// A stretch of history.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// The events of the range in it.
    pub(crate) events: Vec<Event>,
    /// The last revision it covers.
    pub(crate) through: Revision,
    /// Whether that is the present.
    pub(crate) complete: bool,
}

/// Starts a watch. `live` must have been subscribed before `history` is first read.
pub(crate) fn watch(
    history: Weak<dyn History>,
    live: broadcast::Receiver<Batch>,
    keys: Range<String>,
    after: Revision,
) -> Events {
    let watcher = Watcher { history, live, keys, seen: after, step: Step::Replay };
    stream::unfold(Some(watcher), |watcher| async move {
        let mut watcher = watcher?;
        match watcher.next().await {
            Ok(events) => Some((events.into_iter().map(Ok).collect::<Vec<_>>(), Some(watcher))),
            Err(error) => Some((vec![Err(error)], None)),
        }
    })
    .flat_map(stream::iter)
    .boxed()
}

struct Watcher {
    history: Weak<dyn History>,
    live: broadcast::Receiver<Batch>,
    keys: Range<String>,
    /// Everything up to here has been told.
    seen: Revision,
    step: Step,
}

enum Step {
    /// Reading history; live follows when it is complete.
    Replay,
    /// Waiting for batches; replay follows when some were missed.
    Live,
}

impl Watcher {
    /// The next events; possibly none.
    async fn next(&mut self) -> Result<Vec<Event>, Error> {
        match self.step {
            Step::Replay => self.replay().await,
            Step::Live => self.receive().await,
        }
    }

    async fn replay(&mut self) -> Result<Vec<Event>, Error> {
        let history = self.history.upgrade().ok_or(Error::Closed)?;
        let chunk = history.after(self.keys.clone(), self.seen).await?;
        self.seen = chunk.through.max(self.seen);
        if chunk.complete {
            self.step = Step::Live;
        }
        Ok(chunk.events)
    }

    async fn receive(&mut self) -> Result<Vec<Event>, Error> {
        match self.live.recv().await {
            Ok(batch) => Ok(self.take_new(&batch)),
            Err(broadcast::error::RecvError::Lagged(_)) => {
                self.step = Step::Replay;
                Ok(Vec::new())
            }
            Err(broadcast::error::RecvError::Closed) => Err(Error::Closed),
        }
    }

    fn take_new(&mut self, batch: &[Event]) -> Vec<Event> {
        let seen = self.seen;
        if let Some(last) = batch.last() {
            self.seen = seen.max(last.revision);
        }
        batch
            .iter()
            .filter(|event| event.revision > seen && self.keys.contains(&event.key))
            .cloned()
            .collect()
    }
}
