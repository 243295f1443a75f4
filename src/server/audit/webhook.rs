//! Sends events to a webhook, many at a time. Requests never wait for it: what it cannot take in time is counted as lost.

use std::sync::Arc;
use std::time::Duration;

use base::{Backoff, CancellationToken, Counter, Tasks};
use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;
use tracing::{error, warn};

use super::AuditWebhook;
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
        let remote = Configured::new(outgoing, &settings.kubeconfig)?;
        let (queue, waiting) = mpsc::channel(settings.buffer.max(1));
        let sender = Sender {
            remote,
            waiting,
            batch: settings.batch.max(1),
            wait: settings.wait,
            lost: lost.clone(),
        };
        tasks.spawn("audit webhook", |stop| sender.run(stop));
        Ok(Self { queue, room: Arc::new(Semaphore::new(QUEUE_BYTES)), lost })
    }

    /// Queues an event, or counts it as lost.
    pub(super) fn offer(&self, event: &Bytes) {
        let share = u32::try_from(event.len().min(QUEUE_BYTES)).expect("the room is less");
        let queued = Arc::clone(&self.room).try_acquire_many_owned(share).is_ok_and(|room| {
            self.queue.try_send(Waiting { event: event.clone(), _room: room }).is_ok()
        });
        if !queued {
            self.lost.inc();
        }
    }
}

struct Sender {
    remote: Configured,
    waiting: mpsc::Receiver<Waiting>,
    batch: usize,
    wait: Duration,
    lost: Counter,
}

impl Sender {
    /// Runs until nobody queues events any more, which is a little after the stop.
    async fn run(mut self, stop: CancellationToken) {
        while let Some(first) = self.waiting.recv().await {
            let mut batch = vec![first];
            self.fill(&mut batch, &stop).await;
            self.send(batch, &stop).await;
        }
    }

    /// Waits for more events, as long as that is allowed.
    async fn fill(&mut self, batch: &mut Vec<Waiting>, stop: &CancellationToken) {
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

    async fn send(&self, batch: Vec<Waiting>, stop: &CancellationToken) {
        let list = list(batch.iter().map(|waiting| &waiting.event));
        let mut backoff = Backoff::new(BACKOFF.0, BACKOFF.1);
        for attempt in 1..=ATTEMPTS {
            let deadline = if stop.is_cancelled() { LAST_DEADLINE } else { DEADLINE };
            let Err(failure) = self.remote.post(list.clone(), deadline).await else { return };
            let last = attempt == ATTEMPTS || !is_passing(&failure) || stop.is_cancelled();
            if last {
                let (why, events) = (failure.message, batch.len());
                error!(why, events, "the audit webhook does not take events, which are lost");
                break;
            }
            warn!(why = failure.message, attempt, "the audit webhook does not take events");
            // When the server stops, there is one more attempt.
            stop.run_until_cancelled(tokio::time::sleep(backoff.next_delay())).await;
        }
        self.lost.add(batch.len() as u64);
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
