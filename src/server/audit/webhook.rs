//! Sends events to a webhook. Many at a time, which no request waits for: what it cannot take in time is counted as lost.
//! Or one by one, while their requests wait.

use std::sync::Arc;
use std::time::Duration;

use base::{Backoff, CancellationToken, Counter, Tasks};
use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;
use tracing::{error, warn};

use super::{AuditMode, AuditWebhook};
use crate::BoxError;
use crate::outgoing::{Configured, Failure, Outgoing};

/// Bytes of events that wait for the webhook; what comes while it is down for long is lost.
const QUEUE_BYTES: usize = 64 << 20;
/// For the webhook to take a batch.
const DEADLINE: Duration = Duration::from_secs(30);
/// Between attempts, as in Kubernetes.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(2));
/// Attempts for one batch, as in Kubernetes; those behind it wait meanwhile.
const ATTEMPTS: usize = 5;
/// For the last batches when the server stops.
const LAST_DEADLINE: Duration = Duration::from_secs(2);

/// Where events wait for the webhook.
pub(super) struct Webhook {
    queue: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    teller: Arc<Teller>,
    mode: AuditMode,
}

/// The webhook for requests that wait until it has taken their events.
#[derive(Debug)]
pub(super) struct Blocking {
    teller: Arc<Teller>,
    /// Whether a request that it is not told of is refused.
    pub(super) strict: bool,
}

/// Posts events.
#[derive(Debug)]
struct Teller {
    remote: Configured,
    stop: CancellationToken,
    lost: Counter,
}

struct Waiting {
    event: Bytes,
    _room: OwnedSemaphorePermit,
}

impl Webhook {
    /// Starts to send what is queued.
    pub(super) fn start(
        settings: &AuditWebhook,
        outgoing: &Arc<Outgoing>,
        tasks: &Tasks,
        lost: Counter,
    ) -> Result<Self, BoxError> {
        // The last events are sent when everything else that goes out has stopped.
        let connections = tasks.apart();
        let remote = Configured::new(&outgoing.on(connections.clone()), &settings.kubeconfig)?;
        let (queue, waiting) = mpsc::channel(settings.buffer.max(1));
        let teller = Arc::new(Teller { remote, stop: tasks.stop_token(), lost });
        let (batch, wait) = (settings.batch.max(1), settings.wait);
        let sender = Sender { teller: Arc::clone(&teller), waiting, batch, wait, connections };
        tasks.spawn("audit webhook", |_| sender.run());
        let room = Arc::new(Semaphore::new(QUEUE_BYTES));
        Ok(Self { queue, room, teller, mode: settings.mode })
    }

    /// For requests that wait, if any do.
    pub(super) fn blocking(&self) -> Option<Blocking> {
        let strict = match self.mode {
            AuditMode::Batch => return None,
            AuditMode::Blocking => false,
            AuditMode::BlockingStrict => true,
        };
        Some(Blocking { teller: Arc::clone(&self.teller), strict })
    }

    /// Queues an event, or counts it as lost.
    pub(super) fn offer(&self, event: &Bytes) {
        let share = u32::try_from(event.len().min(QUEUE_BYTES)).expect("the room is less");
        let queued = Arc::clone(&self.room).try_acquire_many_owned(share).is_ok_and(|room| {
            self.queue.try_send(Waiting { event: event.clone(), _room: room }).is_ok()
        });
        if !queued {
            self.teller.lost.inc();
        }
    }
}

impl Blocking {
    /// Tells of an event; false when the webhook has not taken it.
    pub(super) async fn tell(&self, event: &Bytes) -> bool {
        self.teller.tell(list([event].into_iter()), 1).await
    }
}

struct Sender {
    teller: Arc<Teller>,
    waiting: mpsc::Receiver<Waiting>,
    batch: usize,
    wait: Duration,
    connections: Tasks,
}

impl Sender {
    /// Runs until nobody queues events any more, which is a little after the stop.
    async fn run(mut self) {
        while let Some(first) = self.waiting.recv().await {
            let mut batch = vec![first];
            self.fill(&mut batch).await;
            let list = list(batch.iter().map(|waiting| &waiting.event));
            self.teller.tell(list, batch.len()).await;
        }
        self.connections.shutdown(LAST_DEADLINE).await;
    }

    /// Waits for more events, as long as that is allowed.
    async fn fill(&mut self, batch: &mut Vec<Waiting>) {
        let stop = &self.teller.stop;
        let end = Instant::now() + self.wait;
        while batch.len() < self.batch {
            let room = self.batch - batch.len();
            let count = tokio::select! {
                biased;
                count = self.waiting.recv_many(batch, room) => count,
                () = stop.cancelled() => 0,
                () = tokio::time::sleep_until(end) => 0,
            };
            if count == 0 {
                return;
            }
        }
    }
}

impl Teller {
    /// Posts a list of so many events; false when it was in vain.
    async fn tell(&self, list: Bytes, events: usize) -> bool {
        let stop = &self.stop;
        let mut backoff = Backoff::new(BACKOFF.0, BACKOFF.1);
        for attempt in 1..=ATTEMPTS {
            let deadline = if stop.is_cancelled() { LAST_DEADLINE } else { DEADLINE };
            let Err(failure) = self.remote.post(list.clone(), deadline).await else {
                return true;
            };
            let last = attempt == ATTEMPTS || !is_passing(&failure) || stop.is_cancelled();
            if last {
                let why = failure.message;
                error!(why, events, "the audit webhook does not take events, which are lost");
                break;
            }
            warn!(why = failure.message, attempt, "the audit webhook does not take events");
            // When the server stops, there is one more attempt.
            stop.run_until_cancelled(tokio::time::sleep(backoff.next_delay())).await;
        }
        self.lost.add(events as u64);
        false
    }
}

/// Whether another attempt may succeed.
fn is_passing(failure: &Failure) -> bool {
    failure.status.is_none_or(|status| status >= 500 || status == 429)
}

/// An `EventList`.
fn list<'a>(events: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let mut list = BytesMut::from(
        &br#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":["#[..],
    );
    for (index, event) in events.enumerate() {
        if index > 0 {
            list.extend_from_slice(b",");
        }
        list.extend_from_slice(event);
    }
    list.extend_from_slice(b"]}");
    list.freeze()
}
