//! The audit log: who asked for what, and what came of it, as far as a policy wants to know.
//!
//! Without a policy nothing here runs. With one, a request gets an [`Audited`] once its user is known; the events of
//! its stages are queued for a task that writes them. A full queue makes requests wait: the log has everything or the
//! server slows down.

mod event;
mod file;
mod notes;
mod policy;
mod source;
mod webhook;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::{CancellationToken, Clock, Counter, Family, Metrics, Tasks};
use bytes::Bytes;
use http::HeaderMap;
use machinery::{ApiError, Reason};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tracing::error;

use crate::authorize::Decision;
use crate::outgoing::Outgoing;
use crate::record::Record;
use crate::request::Target;
use crate::respond::Answer;
use crate::{BoxError, Error};
pub(crate) use notes::{note, note_objects, noting};

use event::Entry;
use file::Log;
use policy::{Level, Policy, Stage};
use webhook::{Blocking, Webhook};

/// Events that wait to be written, as in Kubernetes: a second of a busy server.
const QUEUE: usize = 10_000;
/// Bytes of events that wait: some events of the longest objects, and ten thousand of the usual ones.
const QUEUE_BYTES: usize = 64 << 20;
/// Events written at once.
const BATCH: usize = 512;
/// For events to be written after requests have ended; a little less than is waited for this task.
const GRACE: Duration = Duration::from_secs(14);

/// What an operator says of the audit log.
#[derive(Debug, Clone)]
pub struct Audit {
    /// A `Policy` of `audit.k8s.io/v1`.
    pub policy: PathBuf,
    /// The file that events are written to.
    pub log: Option<AuditLog>,
    /// Who else is told.
    pub webhook: Option<AuditWebhook>,
}

/// A file of events.
#[derive(Debug, Clone)]
pub struct AuditLog {
    /// Where it is; `-` is the standard output.
    pub file: PathBuf,
    /// After how many megabytes a new file is begun.
    pub megabytes_max: u64,
    /// How many old files are kept; zero is all.
    pub backups_max: usize,
    /// How many days old files are kept; zero is for ever.
    pub days_max: u32,
}

/// A webhook that takes events.
#[derive(Debug, Clone)]
pub struct AuditWebhook {
    /// A kubeconfig that says where it is.
    pub kubeconfig: PathBuf,
    /// Who waits for it.
    pub mode: AuditMode,
    /// How many events wait for it; more are lost.
    pub buffer: usize,
    /// How many events it is sent at once.
    pub batch: usize,
    /// For how long a batch is waited for.
    pub wait: Duration,
}

/// Who waits for a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditMode {
    /// Nobody: it is sent many events at once.
    Batch,
    /// Every request, for each of its events.
    Blocking,
    /// The same; and what it has not been told of is not done.
    BlockingStrict,
}

/// Decides what is written down, and queues it.
#[derive(Debug)]
pub(crate) struct Auditor {
    policy: Policy,
    /// Open until the server stops and the last audited request has ended.
    queue: mpsc::WeakSender<Line>,
    room: Arc<Semaphore>,
    /// Of events whose request could not wait until there was room for them.
    tasks: Tasks,
    blocking: Option<Blocking>,
    clock: Clock,
    levels: Family<Counter>,
    events: Counter,
    lost: Counter,
    rejected: Counter,
}

/// What is audited of one request; its end, whichever it is, is written down.
#[derive(Debug)]
pub(crate) struct Audited {
    auditor: Arc<Auditor>,
    queue: mpsc::Sender<Line>,
    entry: Box<Entry>,
    ended: bool,
}

/// An event that waits to be written.
#[derive(Debug)]
struct Line {
    text: Bytes,
    /// Whether the webhook has been told already.
    told: bool,
    _room: OwnedSemaphorePermit,
}

impl Auditor {
    /// Reads the policy and opens the log.
    pub(crate) fn start(
        settings: &Audit,
        clock: &Clock,
        tasks: &Tasks,
        metrics: &Metrics,
        outgoing: &Arc<Outgoing>,
    ) -> Result<Arc<Self>, Error> {
        let failed = |file: &Path, source: BoxError| Error::Audit { file: file.to_owned(), source };
        let policy =
            Policy::load(&settings.policy).map_err(|error| failed(&settings.policy, error))?;
        let log = settings.log.as_ref().map(|own| {
            Log::open(own, clock.clone()).map_err(|error| failed(&own.file, error.into()))
        });
        let lost = metrics.counters(
            "apiserver_audit_error_total",
            "Audit events that could not be written.",
            &["plugin"],
        );
        let webhook = settings.webhook.as_ref().map(|own| {
            Webhook::start(own, outgoing, tasks, lost.with(&["webhook"]))
                .map_err(|error| failed(&own.kubeconfig, error))
        });
        let webhook = webhook.transpose()?;
        let blocking = webhook.as_ref().and_then(Webhook::blocking);
        let lost = lost.with(&["log"]);
        let (queue, lines) = mpsc::channel(QUEUE);
        let auditor = Self {
            policy,
            queue: queue.downgrade(),
            room: Arc::new(Semaphore::new(QUEUE_BYTES)),
            tasks: tasks.clone(),
            blocking,
            clock: clock.clone(),
            levels: metrics.counters(
                "apiserver_audit_level_total",
                "Requests by how much of them is audited.",
                &["level"],
            ),
            events: metrics.counters("apiserver_audit_event_total", "Audit events.", &[]).with(&[]),
            lost: lost.clone(),
            rejected: metrics
                .counters(
                    "apiserver_audit_requests_rejected_total",
                    "Requests refused because they could not be audited.",
                    &[],
                )
                .with(&[]),
        };
        let keep = Keeper { log: log.transpose()?, webhook, lost };
        tasks.spawn("audit log", |stop| keep.run(queue, lines, stop));
        Ok(Arc::new(auditor))
    }

    /// Begins to audit a request whose user is known, or cannot be known; `None` when the policy does not care.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        record: &Record<'_>,
    ) -> Result<Option<Audited>, ApiError> {
        let rule = self.policy.rule(record);
        self.levels.with(&[rule.level.as_str()]).inc();
        if rule.level == Level::None {
            return Ok(None);
        }
        let Some(queue) = self.queue.upgrade() else {
            self.lost.inc();
            return Ok(None);
        };
        let entry = Box::new(Entry::new(record, rule, self.clock.now()));
        // While the log is behind, nothing new is begun. So those who leave without waiting for its end are few.
        let _ = self.room.acquire().await;
        let _ = queue.reserve().await;
        let mut audited = Audited { auditor: Arc::clone(self), queue, entry, ended: false };
        let told = audited.emit(Stage::RequestReceived).await;
        if !told && self.blocking.as_ref().is_some_and(|blocking| blocking.strict) {
            audited.ended = true;
            self.rejected.inc();
            let message = "Internal error occurred: failed to store audit event";
            return Err(ApiError::new(Reason::InternalError, message));
        }
        Ok(Some(audited))
    }

    /// Queues an event as soon as there is room for it; `told` when the webhook knows it already.
    async fn write(&self, queue: &mpsc::Sender<Line>, text: Bytes, told: bool) {
        let room = Arc::clone(&self.room).acquire_many_owned(share(&text)).await;
        let Ok(room) = room else { return self.lost.inc() };
        if queue.send(Line { text, told, _room: room }).await.is_err() {
            self.lost.inc();
        }
    }

    /// The same where nobody can wait, not even for the webhook.
    fn write_later(self: &Arc<Self>, queue: &mpsc::Sender<Line>, text: Bytes) {
        let room = Arc::clone(&self.room).try_acquire_many_owned(share(&text));
        if let (Ok(room), Ok(place)) = (room, queue.try_reserve()) {
            place.send(Line { text, told: false, _room: room });
        } else if tokio::runtime::Handle::try_current().is_ok() {
            let (auditor, queue) = (Arc::clone(self), queue.clone());
            self.tasks
                .spawn("audit event", |_| async move { auditor.write(&queue, text, false).await });
        } else {
            self.lost.inc();
        }
    }
}

impl Audited {
    /// Takes in what the client has sent.
    pub(crate) fn sent(&mut self, target: &Target<'_>, headers: &HeaderMap, body: &Bytes) {
        self.entry.sent(target, headers, body);
    }

    /// Takes in whether the request was allowed.
    pub(crate) fn decided(&mut self, decision: &Decision) {
        self.entry.decided(decision);
    }

    /// Writes down how a request ended. What lasts is written down again when it is over.
    pub(crate) async fn finish(mut self, long_running: bool, answer: &mut Answer) {
        self.entry.noted(notes::take());
        let lasts = long_running && answer.status().as_u16() < 300;
        self.entry.answered(answer, lasts);
        if lasts {
            self.emit(Stage::ResponseStarted).await;
            answer.body_mut().hold(Box::new(self));
        } else {
            self.emit(Stage::ResponseComplete).await;
            self.ended = true;
        }
    }

    /// Queues an event, and tells a webhook that is waited for; false when that has not taken it.
    async fn emit(&mut self, stage: Stage) -> bool {
        let Some(text) = self.entry.line(stage, self.auditor.clock.now()) else { return true };
        self.auditor.events.inc();
        let text = Bytes::from(text);
        let taken = match &self.auditor.blocking {
            Some(blocking) => Some(blocking.tell(&text).await),
            None => None,
        };
        self.auditor.write(&self.queue, text, taken.is_some()).await;
        taken.unwrap_or(true)
    }
}

impl Drop for Audited {
    /// Ends what lasted, and requests whose client did not wait for the answer.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.entry.abandoned();
        let now = self.auditor.clock.now();
        let Some(text) = self.entry.line(Stage::ResponseComplete, now) else { return };
        self.auditor.events.inc();
        self.auditor.write_later(&self.queue, text.into());
    }
}

/// The part of the room that an event takes: all of it, if it is longer.
fn share(text: &[u8]) -> u32 {
    u32::try_from(text.len().min(QUEUE_BYTES)).expect("the room is counted in 32 bits")
}

/// Writes what is queued, and tells the webhook.
struct Keeper {
    log: Option<Log>,
    webhook: Option<Webhook>,
    lost: Counter,
}

impl Keeper {
    /// Runs until the server stops and the requests that are audited have ended.
    async fn run(
        mut self,
        queue: mpsc::Sender<Line>,
        mut lines: mpsc::Receiver<Line>,
        stop: CancellationToken,
    ) {
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                biased;
                count = lines.recv_many(&mut batch, BATCH) => {
                    debug_assert!(count > 0, "this task holds a sender");
                    self = self.write(std::mem::take(&mut batch)).await;
                }
                () = stop.cancelled() => break,
            }
        }
        drop(queue);
        let rest = async move {
            while lines.recv_many(&mut batch, BATCH).await > 0 {
                self = self.write(std::mem::take(&mut batch)).await;
            }
        };
        // Whoever lasts longer is not waited for by the server either.
        let _ = tokio::time::timeout(GRACE, rest).await;
    }

    async fn write(mut self, lines: Vec<Line>) -> Self {
        if let Some(webhook) = &self.webhook {
            for line in lines.iter().filter(|line| !line.told) {
                webhook.offer(&line.text);
            }
        }
        let Some(mut log) = self.log.take() else { return self };
        let written = tokio::task::spawn_blocking(move || {
            let written = log.write(lines.iter().map(|line| &line.text[..]));
            if let Err(error) = written {
                self.lost.add(lines.len() as u64);
                error!(%error, events = lines.len(), "the audit log cannot be written");
            }
            self.log = Some(log);
            self
        });
        written.await.expect("nothing panics while it writes")
    }
}

#[cfg(test)]
mod tests;
