//! The one thread that writes.

use std::sync::Arc;
use std::time::Duration;

use ::redb::{ReadableTable, Table, WriteTransaction};
use base::Metrics;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::Instant;

use super::commits::Commits;
use super::compaction::{self, STRETCH};
use super::medium::Cause;
use super::reader::Snapshot;
use super::tables::{COMPACTED, DELETED, HISTORY, INDEX, META, REVISION, Version};
use super::{Shared, failed};
use crate::change::check;
use crate::watcher::Batch;
use crate::{Change, Error, Event, EventChange, Expect, Revision, everything};

/// How many writes share a commit at most: a batch of them takes some milliseconds, which bounds how long the
/// first to be served waits for the rest.
const BATCH_WRITES: usize = 512;

/// How many bytes share a commit at most, for the same reason, and since watchers pin whole batches.
const BATCH_BYTES: usize = 2 << 20;

/// How long a commit waits for company when the last one had some. Writers who got their answers together come back
/// together, but for the first, who would otherwise have a commit alone and make the others wait for it.
const COMPANY: Duration = Duration::from_micros(100);

/// A medium that has failed is not tried again for this many times what it took to open it, so that a disk that stays
/// full does not keep a processor busy with checking the file.
const PATIENCE: u32 = 10;

/// It is tried again after this time at the latest: a disk that hung while it was opened may be well since.
const REST_MAX: Duration = Duration::from_mins(1);

/// What a caller wants of the writer.
#[derive(Debug)]
pub(super) enum Request {
    Write {
        key: String,
        expect: Expect,
        change: Change,
        answer: oneshot::Sender<Result<Revision, Error>>,
    },
    Compact {
        up_to: Revision,
        answer: oneshot::Sender<Result<(), Error>>,
    },
}

/// The state of the writing thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    requests: mpsc::Receiver<Request>,
    live: broadcast::Sender<Batch>,
    history_revisions: u64,
    revision: Revision,
    compacted: Revision,
    /// Compactions asked for and not yet reached.
    compactions: Vec<(Revision, oneshot::Sender<Result<(), Error>>)>,
    /// Whether writes shared the last commit.
    has_company: bool,
    commits: Commits,
    /// Before this moment a medium that has failed is not tried again.
    retry: Option<Instant>,
}

/// Writes that share a commit.
#[derive(Default)]
struct Group {
    writes: Vec<Write>,
    bytes: usize,
}

struct Write {
    key: String,
    expect: Expect,
    change: Change,
    answer: oneshot::Sender<Result<Revision, Error>>,
}

/// What a transaction did, to be told once it is on disk.
struct Outcome {
    results: Vec<Result<Revision, Error>>,
    events: Vec<Event>,
    compacted: Revision,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        requests: mpsc::Receiver<Request>,
        live: broadcast::Sender<Batch>,
        history_revisions: u64,
        metrics: &Metrics,
    ) -> Result<Self, Error> {
        let (revision, compacted) = shared.snapshot()?.position();
        let compactions = Vec::new();
        let commits = Commits::new(metrics);
        Ok(Self {
            shared,
            requests,
            live,
            history_revisions,
            revision,
            compacted,
            compactions,
            has_company: false,
            commits,
            retry: None,
        })
    }

    /// Serves until every sender is gone, or the medium has lost what it had acknowledged.
    pub(super) fn run(mut self) {
        while let Some(group) = self.gather() {
            if let Err(error) = self.commit(group) {
                tracing::error!(%error, "the datastore cannot go on");
                return;
            }
        }
    }

    /// Waits for something to do, then takes all that waits too.
    fn gather(&mut self) -> Option<Group> {
        let mut group = Group::default();
        if self.compactions.is_empty() {
            let request = self.requests.blocking_recv()?;
            self.take(request, &mut group);
            if self.has_company {
                std::thread::park_timeout(COMPANY);
            }
        }
        while group.has_room()
            && let Ok(request) = self.requests.try_recv()
        {
            self.take(request, &mut group);
        }
        self.has_company = group.writes.len() > 1;
        Some(group)
    }

    fn take(&mut self, request: Request, group: &mut Group) {
        match request {
            Request::Write { key, expect, change, answer } => {
                group.push(Write { key, expect, change, answer });
            }
            Request::Compact { up_to, answer } if up_to > self.revision => {
                let _ = answer.send(Err(Error::Future(self.revision)));
            }
            Request::Compact { up_to, answer } => self.compactions.push((up_to, answer)),
        }
    }

    fn commit(&mut self, group: Group) -> Result<(), Error> {
        let started = Instant::now();
        if self.retry.is_some_and(|retry| started < retry)
            && let Err(Error::Backend(cause)) = self.shared.medium.is_well()
        {
            self.refuse(group, &cause);
            return Ok(());
        }
        match self.transact(&group.writes) {
            Ok(outcome) => {
                self.commits.note(outcome.events.len(), started.elapsed());
                if !outcome.events.is_empty() {
                    self.shared.medium.note_success();
                }
                self.publish(group, outcome);
                Ok(())
            }
            Err(error) => {
                tracing::error!(
                    error = describe(&error),
                    writes = group.writes.len(),
                    "a commit failed"
                );
                let cause = match error {
                    Error::Backend(cause) => cause,
                    error => Arc::new(error),
                };
                // Before anybody hears of it: who is refused finds the medium failed.
                self.shared.medium.note_failure(Arc::clone(&cause));
                self.refuse(group, &cause);
                self.recover()
            }
        }
    }

    /// Applies the writes in order and makes them durable.
    fn transact(&self, writes: &[Write]) -> Result<Outcome, Error> {
        let transaction = self.shared.medium.begin_write()?;
        let outcome = self.apply(&transaction, writes)?;
        if outcome.events.is_empty() && outcome.compacted == self.compacted {
            transaction.abort().map_err(failed)?;
        } else {
            transaction.commit().map_err(failed)?;
        }
        Ok(outcome)
    }

    fn apply(&self, transaction: &WriteTransaction, writes: &[Write]) -> Result<Outcome, Error> {
        let mut history = transaction.open_table(HISTORY).map_err(failed)?;
        let mut index = transaction.open_table(INDEX).map_err(failed)?;
        let mut meta = transaction.open_table(META).map_err(failed)?;
        let stored = meta.get(REVISION).map_err(failed)?.map(|stored| stored.value());
        if stored != Some(self.revision.0) {
            // What a commit that failed has left there would be overwritten; the error has it read first.
            let why = format!("the file is at {stored:?}, its writer at {}", self.revision);
            return Err(failed(::redb::Error::Corrupted(why)));
        }
        let mut events = Vec::with_capacity(writes.len());
        let mut results = Vec::with_capacity(writes.len());
        let mut revision = self.revision;
        for write in writes {
            let found = last_write(&index, &write.key)?;
            let alive = found.filter(|found| found.created != DELETED);
            let allowed =
                check(&write.key, alive.map(|found| found.revision), write.expect, &write.change);
            if let Err(conflict) = allowed {
                results.push(Err(conflict));
                continue;
            }
            revision = revision.next();
            let created = alive.map_or(revision.0, |alive| alive.created);
            let previous = found.map_or(0, |found| found.revision.0);
            let (value, indexed) = match &write.change {
                Change::Put(value) => (Some(&value[..]), created),
                Change::Delete => (None, DELETED),
            };
            history
                .insert(revision.0, (write.key.as_str(), created, previous, value))
                .map_err(failed)?;
            index.insert((write.key.as_str(), revision.0), indexed).map_err(failed)?;
            events.push(event(write, revision, alive.is_none()));
            results.push(Ok(revision));
        }
        let compacted = self.horizon(revision);
        compaction::forget(
            &mut compaction::Tables { history: &mut history, index: &mut index },
            self.compacted,
            compacted,
        )?;
        if revision > self.revision {
            meta.insert(REVISION, revision.0).map_err(failed)?;
        }
        if compacted > self.compacted {
            meta.insert(COMPACTED, compacted.0).map_err(failed)?;
        }
        Ok(Outcome { results, events, compacted })
    }

    /// Where the horizon is to be after this commit: where somebody wants it, or a stretch forward when history
    /// is longer than it should be by that much.
    fn horizon(&self, revision: Revision) -> Revision {
        let wanted = self.compactions.iter().map(|(up_to, _)| up_to.0).max().unwrap_or(0);
        let overdue = revision.0.saturating_sub(self.history_revisions);
        let stretch = self.compacted.0 + STRETCH;
        let target = if overdue >= stretch { stretch } else { wanted.min(stretch) };
        Revision(target.max(self.compacted.0))
    }

    /// Tells the watchers, then the writers: who has an answer finds that watchers have the event.
    fn publish(&mut self, group: Group, outcome: Outcome) {
        self.compacted = outcome.compacted;
        if let Some(last) = outcome.events.last() {
            self.revision = last.revision;
            // Nobody may be watching.
            let _ = self.live.send(outcome.events.into());
        }
        for (write, result) in group.writes.into_iter().zip(outcome.results) {
            // The caller may have given up.
            let _ = write.answer.send(result);
        }
        let compacted = self.compacted;
        for (_, answer) in self.compactions.extract_if(.., |(up_to, _)| *up_to <= compacted) {
            let _ = answer.send(Ok(()));
        }
    }

    fn refuse(&mut self, group: Group, cause: &Cause) {
        for write in group.writes {
            let _ = write.answer.send(Err(Error::Backend(Arc::clone(cause))));
        }
        for (_, answer) in self.compactions.drain(..) {
            let _ = answer.send(Err(Error::Backend(Arc::clone(cause))));
        }
    }

    /// Opens the database anew and goes on from what it holds; an error when that is less than was acknowledged.
    fn recover(&mut self) -> Result<(), Error> {
        let started = Instant::now();
        let shared = Arc::clone(&self.shared);
        let recovered = shared.medium.reopen(|snapshot| self.catch_up(snapshot));
        let ended = Instant::now();
        self.retry = Some(ended + rest(ended - started));
        match recovered {
            Err(error @ Error::Lost { .. }) => return Err(error),
            Err(error) => tracing::error!(error = describe(&error), "the datastore stays closed"),
            Ok(()) => {}
        }
        Ok(())
    }

    /// The commit that failed may have reached the disk. Its writers know nothing of it, as if they had been cut off;
    /// its watchers must see what readers see.
    fn catch_up(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let (found, compacted) = snapshot.position();
        if found < self.revision {
            return Err(Error::Lost { known: self.revision, found });
        }
        while self.revision < found {
            let chunk = snapshot.events_after(&everything(), self.revision)?;
            self.revision = chunk.through;
            let _ = self.live.send(chunk.events.into());
        }
        self.compacted = compacted;
        Ok(())
    }
}

/// How long a medium that took `opening` to open is left alone.
pub(super) fn rest(opening: Duration) -> Duration {
    opening.saturating_mul(PATIENCE).min(REST_MAX)
}

/// An error and what caused it.
fn describe(error: &Error) -> String {
    match error {
        Error::Backend(cause) => format!("{error}: {cause}"),
        error => error.to_string(),
    }
}

impl Group {
    fn push(&mut self, write: Write) {
        if let Change::Put(value) = &write.change {
            self.bytes += value.len();
        }
        self.writes.push(write);
    }

    fn has_room(&self) -> bool {
        self.writes.len() < BATCH_WRITES && self.bytes < BATCH_BYTES
    }
}

#[derive(Clone, Copy)]
struct Found {
    revision: Revision,
    created: u64,
}

/// The last write of a key, be it a delete, as the transaction sees it.
fn last_write(index: &Table<'_, Version, u64>, key: &str) -> Result<Option<Found>, Error> {
    let last = index.range((key, 0)..=(key, u64::MAX)).map_err(failed)?.next_back();
    let Some(last) = last else { return Ok(None) };
    let (version, created) = last.map_err(failed)?;
    Ok(Some(Found { revision: Revision(version.value().1), created: created.value() }))
}

fn event(write: &Write, revision: Revision, created: bool) -> Event {
    let change = match &write.change {
        Change::Put(value) => EventChange::Put { value: value.clone(), created },
        Change::Delete => EventChange::Delete,
    };
    Event { key: write.key.clone(), revision, change }
}
