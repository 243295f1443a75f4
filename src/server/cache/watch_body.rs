//! The body of a watch: what there is, then what happens, then an orderly end.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use machinery::ApiError;
use tokio::time::{Instant, Sleep};

use super::Cached;
use super::change::{self, EventType};
use super::shelf::{Feed, WatchPlace};
use super::watcher::{Delivery, Taken};

/// How often a quiet watch is told the revision it has reached.
const BOOKMARK_INTERVAL: Duration = Duration::from_mins(1);
/// Objects of the initial state are sent in chunks of about this size: few frames, and little memory for a
/// client that reads slowly.
const INITIAL_CHUNK_BYTES: usize = 64 << 10;
/// Events that wait together leave together, as one frame of HTTP and about one record of TLS, which holds 16 KiB. An
/// event alone is sent as the bytes that all watchers share.
const LIVE_CHUNK_BYTES: usize = 16 << 10;
/// Events that have to be converted are taken together: some hundred, as many as go into one question.
const CONVERTED_CHUNK_BYTES: usize = 1 << 20;

/// Turns the stored form of objects into the form a watcher asked for.
pub(crate) struct Render {
    /// What bookmarks are.
    pub(crate) kind: String,
    pub(crate) api_version: String,
    /// Without it, objects are sent as they are kept, and frames are shared between watchers.
    pub(crate) object: Option<Transform>,
    /// Without it, there is nothing to wait for.
    pub(crate) prepare: Option<Prepare>,
    /// Without it, the cache has selected the objects; what it looks at is prepared, if it has to be.
    pub(crate) selects: Option<Selects>,
}

/// Given the object and the bytes that stand for it: after a deletion they carry another revision.
type Transform = Box<dyn FnMut(&Cached, &Bytes) -> Bytes + Send + Sync>;

/// Has objects converted that are looked at, or about to be sent.
type Prepare = Box<dyn Fn(Vec<Arc<Cached>>) -> Preparing + Send + Sync>;
type Preparing = Pin<Box<dyn Future<Output = Result<(), ApiError>> + Send>>;

/// Whether an object is selected.
type Selects = Box<dyn Fn(&Cached) -> bool + Send + Sync>;

/// How a watch behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WatchSettings {
    /// Whether the client understands bookmarks.
    pub(crate) bookmarks: bool,
    /// Whether a bookmark marks the end of the initial state.
    pub(crate) marks_initial_end: bool,
    /// How long the watch may last.
    pub(crate) lifetime: Duration,
}

/// The events of one watch, encoded.
pub(crate) struct WatchBody {
    place: WatchPlace,
    render: Render,
    settings: WatchSettings,
    initial: std::vec::IntoIter<Arc<Cached>>,
    /// What is left to send of an object that is longer than a chunk: its own bytes, which others share.
    long: VecDeque<Bytes>,
    /// Taken from the queue, not sent yet.
    deliveries: VecDeque<Delivery>,
    /// What must be done before they can be sent.
    preparing: Option<Mutex<Preparing>>,
    /// The revision up to which everything has been sent once nothing is queued.
    revision: u64,
    stage: Stage,
    ends_at: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Sends the initial state; `Live` comes next.
    Initial,
    /// Sends changes; `Ended` comes when the time is over or the cache closes the watch.
    Live,
    Ended,
}

impl WatchBody {
    pub(crate) fn new(feed: Feed, render: Render, settings: WatchSettings) -> Self {
        feed.place.shelf.sent().count_initial(feed.initial.len());
        Self {
            place: feed.place,
            preparing: None,
            render,
            settings,
            initial: feed.initial.into_iter(),
            long: VecDeque::new(),
            deliveries: VecDeque::new(),
            revision: feed.revision,
            stage: Stage::Initial,
            ends_at: Instant::now() + settings.lifetime,
            timer: None,
        }
    }

    /// The next bytes to send; `None` ends the watch.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self.stage {
            Stage::Initial => match self.next_initial() {
                Some(bytes) => Poll::Ready(Some(bytes)),
                None => self.poll_live(context),
            },
            Stage::Live => self.poll_live(context),
            Stage::Ended => Poll::Ready(None),
        }
    }

    fn next_initial(&mut self) -> Option<Bytes> {
        if let Some(bytes) = self.long.pop_front() {
            return Some(bytes);
        }
        let mut chunk = BytesMut::new();
        while chunk.len() < INITIAL_CHUNK_BYTES
            && let Some(object) = self.initial.next()
        {
            let bytes = self.render.apply(&object, &object.bytes);
            if bytes.len() >= INITIAL_CHUNK_BYTES {
                let [opening, closing] = change::around(EventType::Added);
                chunk.extend_from_slice(&opening);
                self.long.extend([bytes, closing]);
                return Some(chunk.freeze());
            }
            chunk.reserve(bytes.len() + 32);
            change::write(&mut chunk, EventType::Added, &bytes);
        }
        if self.initial.len() == 0 {
            self.stage = Stage::Live;
            if self.settings.marks_initial_end {
                chunk.extend_from_slice(&self.render.bookmark(self.revision, true));
            }
        }
        (!chunk.is_empty()).then(|| chunk.freeze())
    }

    fn poll_live(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match self.poll_prepared(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    self.stage = Stage::Ended;
                    return Poll::Ready(Some(change::failure(&error)));
                }
                Poll::Pending => return Poll::Pending,
            }
            if let Some(bytes) = self.next_live() {
                return Poll::Ready(Some(bytes));
            }
            // Read before the queue: whatever was applied by now is in the queue, or does not concern us.
            let applied = self.place.shelf.progress().applied();
            match self.place.watcher.take(self.render.chunk_bytes(), context.waker()) {
                // There may always be something more. The client goes on after the last event it has seen.
                Taken::Some(_) if Instant::now() >= self.ends_at => {
                    self.stage = Stage::Ended;
                    return Poll::Ready(None);
                }
                Taken::Some(deliveries) => {
                    self.preparing = self.render.prepare(&deliveries);
                    self.deliveries = deliveries;
                    if self.preparing.is_none() {
                        self.select();
                    }
                }
                Taken::Closed => {
                    self.stage = Stage::Ended;
                    return Poll::Ready(None);
                }
                Taken::Empty => {
                    self.revision = self.revision.max(applied);
                    return self.poll_timer(context);
                }
            }
        }
    }

    fn poll_prepared(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ApiError>> {
        let Some(preparing) = &mut self.preparing else { return Poll::Ready(Ok(())) };
        let preparing = preparing.get_mut().unwrap_or_else(PoisonError::into_inner);
        let polled = preparing.as_mut().poll(context);
        if polled.is_ready() {
            self.preparing = None;
        }
        if let Poll::Ready(Ok(())) = polled {
            self.select();
        }
        polled
    }

    /// Keeps what the client wants, where that is told by what was prepared or has to be read.
    fn select(&mut self) {
        if self.render.selects.is_some() {
            self.deliveries.retain_mut(|delivery| self.render.selects(delivery));
        }
    }

    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            let ends_at = self.ends_at;
            let next = (Instant::now() + BOOKMARK_INTERVAL).min(ends_at);
            let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(next)));
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if timer.deadline() >= ends_at {
                return Poll::Ready(self.end());
            }
            timer.as_mut().reset(next);
            if self.settings.bookmarks {
                return Poll::Ready(Some(self.render.bookmark(self.revision, false)));
            }
        }
    }

    /// Ends the watch in good order.
    fn end(&mut self) -> Option<Bytes> {
        self.stage = Stage::Ended;
        self.settings.bookmarks.then(|| self.render.bookmark(self.revision, false))
    }

    /// The next of what was taken from the queue.
    fn next_live(&mut self) -> Option<Bytes> {
        let delivery = self.deliveries.pop_front()?;
        let first = self.encode(&delivery);
        if self.deliveries.is_empty() || first.len() >= LIVE_CHUNK_BYTES {
            return Some(first);
        }
        let (mut length, mut frames) = (first.len(), vec![first]);
        while length < LIVE_CHUNK_BYTES
            && let Some(delivery) = self.deliveries.pop_front()
        {
            let frame = self.encode(&delivery);
            length += frame.len();
            frames.push(frame);
        }
        // No more than that: a client that reads slowly keeps it.
        Some(frames.concat().into())
    }

    fn encode(&mut self, delivery: &Delivery) -> Bytes {
        let shelf = &self.place.shelf;
        shelf.sent().count_event();
        self.revision = self.revision.max(delivery.change.revision);
        let head = shelf.head();
        if self.render.object.is_none() {
            return delivery.change.frame(head, delivery.event);
        }
        let bytes = delivery.change.object(head, delivery.event);
        let Some(object) = delivery.change.shown(delivery.event) else { return Bytes::new() };
        change::encode(delivery.event, &self.render.apply(object, &bytes))
    }
}

impl fmt::Debug for WatchBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.place.shelf.prefix();
        f.debug_struct("WatchBody").field("shelf", &prefix).finish_non_exhaustive()
    }
}

impl Render {
    fn apply(&mut self, object: &Cached, bytes: &Bytes) -> Bytes {
        match &mut self.object {
            None => bytes.clone(),
            Some(transform) => transform(object, bytes),
        }
    }

    /// How much is taken from the queue at a time.
    fn chunk_bytes(&self) -> usize {
        if self.prepare.is_some() { CONVERTED_CHUNK_BYTES } else { LIVE_CHUNK_BYTES }
    }

    fn prepare(&self, deliveries: &VecDeque<Delivery>) -> Option<Mutex<Preparing>> {
        let prepare = self.prepare.as_ref().filter(|_| !deliveries.is_empty())?;
        let objects: Vec<Arc<Cached>> = if self.selects.is_some() {
            let both =
                deliveries.iter().flat_map(|one| [&one.change.previous, &one.change.current]);
            both.flatten().cloned().collect()
        } else {
            deliveries.iter().filter_map(|one| one.change.shown(one.event)).cloned().collect()
        };
        Some(Mutex::new(prepare(objects)))
    }

    /// Whether the watcher sees a change, and as what.
    fn selects(&self, delivery: &mut Delivery) -> bool {
        let Some(selects) = &self.selects else { return true };
        let event = delivery.change.event(selects);
        delivery.event = event.unwrap_or(delivery.event);
        event.is_some()
    }

    /// An event that carries nothing but a revision.
    fn bookmark(&self, revision: u64, ends_initial_state: bool) -> Bytes {
        let annotations = if ends_initial_state {
            r#","annotations":{"k8s.io/initial-events-end":"true"}"#
        } else {
            ""
        };
        let Self { kind, api_version, .. } = self;
        Bytes::from(format!(
            r#"{{"type":"BOOKMARK","object":{{"kind":"{kind}","apiVersion":"{api_version}","metadata":{{"resourceVersion":"{revision}"{annotations}}}}}}}{}"#,
            '\n'
        ))
    }
}
