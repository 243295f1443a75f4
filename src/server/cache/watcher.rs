//! The queue between the cache and one watch.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;

use super::change::{Change, EventType};
use super::shelf::Scope;
use super::{Cached, Selection};

/// Events that may wait for one watcher. One that is further behind than a burst of thousands of pods will
/// not catch up; its watch ends, and its client lists again.
const QUEUE_MAX: usize = 8_192;
/// What its events may keep alive: no watcher that reads is behind by as much as the history keeps for all of them.
const QUEUE_BYTES_MAX: usize = 32 << 20;

/// An event as one watcher sees it.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) event: EventType,
    pub(crate) change: Arc<Change>,
}

/// One watch as the cache sees it.
#[derive(Debug)]
pub(crate) struct Watcher {
    scope: Scope,
    selection: Selection,
    after: u64,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    deliveries: VecDeque<Delivery>,
    /// What the deliveries keep alive.
    bytes: usize,
    closed: bool,
    waker: Option<Waker>,
}

/// What the queue of a watcher has.
pub(super) enum Taken {
    /// Events.
    Some(VecDeque<Delivery>),
    /// Nothing now; the waker will be woken.
    Empty,
    /// Nothing any more.
    Closed,
}

impl Watcher {
    pub(super) fn new(scope: Scope, selection: Selection, after: u64) -> Self {
        Self { scope, selection, after, queue: Mutex::default() }
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(super) fn selects(&self, object: &Cached) -> bool {
        self.scope.contains(object) && self.selection.matches(object)
    }

    /// What the watcher sees of a change.
    pub(super) fn delivery(&self, change: &Arc<Change>) -> Option<Delivery> {
        if change.revision <= self.after {
            return None;
        }
        let event = change.event(|object| self.selects(object))?;
        Some(Delivery { event, change: Arc::clone(change) })
    }

    /// Queues a change; false when the watch has ended, which it does when its queue is full. Whoever waits for it is
    /// added to `sleepers`, to be woken once for all changes that come together.
    pub(super) fn offer(&self, change: &Arc<Change>, sleepers: &mut Vec<Waker>) -> bool {
        let Some(delivery) = self.delivery(change) else { return true };
        let mut queue = self.lock();
        queue.bytes += change.weight();
        if queue.deliveries.len() >= QUEUE_MAX || queue.bytes > QUEUE_BYTES_MAX {
            tracing::warn!(revision = change.revision, "watch is too slow and was closed");
            queue.closed = true;
            queue.deliveries.clear();
        } else {
            queue.deliveries.push_back(delivery);
        }
        sleepers.extend(queue.waker.take());
        !queue.closed
    }

    /// Ends the watch once what is queued has been taken.
    pub(super) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        let waker = queue.waker.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Takes everything that is queued.
    pub(super) fn take(&self, waker: &Waker) -> Taken {
        let mut queue = self.lock();
        if !queue.deliveries.is_empty() {
            queue.bytes = 0;
            return Taken::Some(std::mem::take(&mut queue.deliveries));
        }
        if queue.closed {
            return Taken::Closed;
        }
        queue.waker = Some(waker.clone());
        Taken::Empty
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("nothing panics while it holds a queue")
    }
}

#[cfg(test)]
mod tests;
