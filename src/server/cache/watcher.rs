//! The queue between the cache and one watch.
//!
//! What waits in it is in the history of its kind as well: a watcher that is further behind than that will not catch
//! up. Its watch ends, and its client lists again. So the queues of all watchers, whatever each of them selects, keep
//! nothing alive that is not kept anyway, and what a client does not take is not taken out for it either.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;

use super::change::{Change, EventType};
use super::shelf::Scope;
use super::{Cached, Selection};

/// What stands for the oldest event of an empty queue.
const NONE: u64 = u64::MAX;

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
    /// The revision of the first event in the queue; written while the queue is held.
    oldest: AtomicU64,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    deliveries: VecDeque<Delivery>,
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
        let (oldest, queue) = (AtomicU64::new(NONE), Mutex::default());
        Self { scope, selection, after, oldest, queue }
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

    /// Queues a change; false when the watch has ended, which it does when changes wait in it that the history has
    /// forgotten: it knows those after `since`. Whoever waits for the change is added to `sleepers`, to be woken once
    /// for all changes that come together.
    pub(super) fn offer(
        &self,
        change: &Arc<Change>,
        since: u64,
        sleepers: &mut Vec<Waker>,
    ) -> bool {
        if self.oldest.load(Ordering::Relaxed) <= since {
            tracing::warn!(revision = change.revision, "watch is too slow and was closed");
            let mut queue = self.lock();
            queue.closed = true;
            queue.deliveries = VecDeque::new();
            self.note_oldest(&queue);
            sleepers.extend(queue.waker.take());
            return false;
        }
        let Some(delivery) = self.delivery(change) else { return true };
        let mut queue = self.lock();
        queue.deliveries.push_back(delivery);
        self.note_oldest(&queue);
        sleepers.extend(queue.waker.take());
        !queue.closed
    }

    /// Queues what has happened before the watch began.
    pub(super) fn fill<'a>(&self, changes: impl Iterator<Item = &'a Arc<Change>>) {
        let mut queue = self.lock();
        queue.deliveries.extend(changes.filter_map(|change| self.delivery(change)));
        self.note_oldest(&queue);
    }

    fn note_oldest(&self, queue: &Queue) {
        let oldest = queue.deliveries.front().map_or(NONE, |first| first.change.revision);
        self.oldest.store(oldest, Ordering::Relaxed);
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

    /// Takes events, of which the last is the first with which they are about so long.
    pub(super) fn take(&self, bytes: usize, waker: &Waker) -> Taken {
        let mut queue = self.lock();
        let mut length = 0;
        let mut taken = VecDeque::new();
        while length < bytes
            && let Some(delivery) = queue.deliveries.pop_front()
        {
            length += delivery.change.shown(delivery.event).map_or(0, |object| object.bytes.len());
            taken.push_back(delivery);
        }
        if !taken.is_empty() {
            self.note_oldest(&queue);
            return Taken::Some(taken);
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
