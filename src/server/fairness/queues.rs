//! The queues of one level: a flow is dealt a hand of them and joins the shortest; they are served in turn.
//!
//! Each queue has a virtual time that its requests push forward by the seats they take and the time they take
//! them. The queue that is furthest behind is next. A flood fills its own hand of queues and waits there; two
//! flows share a whole hand so rarely that nobody else waits behind it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot;

/// What a request is thought to take before it is known.
const ESTIMATE: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(super) struct Queues {
    all: Vec<Queue>,
    hand: usize,
    length_max: usize,
    /// The virtual time of the queue that was served last.
    now: f64,
    /// The seats waited for.
    waiting: u32,
}

#[derive(Debug, Default)]
struct Queue {
    virtual_time: f64,
    /// Seats its requests have.
    busy: u32,
    waiting: VecDeque<Waiter>,
}

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) id: u64,
    pub(super) width: u32,
    pub(super) turn: oneshot::Sender<()>,
}

impl Queues {
    pub(super) fn new(queues: u32, hand: u32, length_max: u32) -> Self {
        let count = usize::try_from(queues.max(1)).unwrap_or(usize::MAX);
        Self {
            all: std::iter::repeat_with(Queue::default).take(count).collect(),
            hand: usize::try_from(hand).unwrap_or(usize::MAX).clamp(1, count),
            length_max: usize::try_from(length_max.max(1)).unwrap_or(usize::MAX),
            now: 0.0,
            waiting: 0,
        }
    }

    pub(super) fn has_shape(&self, queues: u32, hand: u32, length_max: u32) -> bool {
        let same = |own: usize, other: u32| usize::try_from(other.max(1)) == Ok(own);
        same(self.all.len(), queues)
            && self.hand == usize::try_from(hand).unwrap_or(usize::MAX).clamp(1, self.all.len())
            && same(self.length_max, length_max)
    }

    /// The seats waited for.
    pub(super) fn waiting(&self) -> u32 {
        self.waiting
    }

    /// The queue of a flow: of its hand, the one with least to do.
    pub(super) fn choose(&self, lot: u64) -> usize {
        let (mut lot, mut best, mut dealt) = (lot, None, Vec::with_capacity(self.hand));
        for round in 0..self.hand {
            let left = u64::try_from(self.all.len() - round).unwrap_or(1);
            let mut card = usize::try_from(lot % left).unwrap_or_default();
            lot /= left;
            // Cards that are dealt are no longer in the deck.
            for earlier in &dealt {
                card += usize::from(card >= *earlier);
            }
            let place = dealt.partition_point(|earlier| *earlier < card);
            dealt.insert(place, card);
            let load = self.all[card].load();
            if best.is_none_or(|(least, _)| load < least) {
                best = Some((load, card));
            }
        }
        best.map_or(0, |(_, card)| card)
    }

    /// Whether one more may wait there.
    pub(super) fn has_room(&self, queue: usize) -> bool {
        self.all[queue].waiting.len() < self.length_max
    }

    pub(super) fn push(&mut self, queue: usize, waiter: Waiter) {
        self.wake(queue);
        self.waiting += waiter.width;
        self.all[queue].waiting.push_back(waiter);
    }

    /// The queue whose turn it is, and how many seats its first request takes.
    pub(super) fn next(&self) -> Option<(usize, u32)> {
        let waiting = self.all.iter().enumerate().filter_map(|(place, queue)| {
            Some((queue.virtual_time, place, queue.waiting.front()?.width))
        });
        let first = waiting.min_by(|(a, ..), (b, ..)| a.total_cmp(b));
        first.map(|(_, place, width)| (place, width))
    }

    /// Takes the first request of a queue.
    pub(super) fn pop(&mut self, queue: usize) -> Option<Waiter> {
        let waiter = self.all[queue].waiting.pop_front()?;
        self.waiting -= waiter.width;
        Some(waiter)
    }

    /// A request of this queue has got its seats.
    pub(super) fn started(&mut self, queue: usize, width: u32) {
        self.wake(queue);
        let own = &mut self.all[queue];
        self.now = own.virtual_time;
        own.virtual_time += f64::from(width) * ESTIMATE.as_secs_f64();
        own.busy += width;
    }

    /// A request of this queue has given its seats back.
    pub(super) fn ended(&mut self, queue: usize, width: u32, took: Duration) {
        // The queues may have been made anew with another shape meanwhile.
        let Some(own) = self.all.get_mut(queue) else { return };
        own.busy = own.busy.saturating_sub(width);
        own.virtual_time += f64::from(width) * (took.as_secs_f64() - ESTIMATE.as_secs_f64());
    }

    /// Takes out a request that no longer waits; false when it is not there.
    pub(super) fn remove(&mut self, queue: usize, id: u64) -> bool {
        let Some(own) = self.all.get_mut(queue) else { return false };
        let place = own.waiting.iter().position(|waiter| waiter.id == id);
        let Some(gone) = place.and_then(|place| own.waiting.remove(place)) else { return false };
        self.waiting -= gone.width;
        true
    }

    /// Nobody saves up turns while having nothing to do.
    fn wake(&mut self, queue: usize) {
        let now = self.now;
        let own = &mut self.all[queue];
        if own.busy == 0 && own.waiting.is_empty() {
            own.virtual_time = own.virtual_time.max(now);
        }
    }
}

impl Queue {
    fn load(&self) -> u64 {
        let waiting: u64 = self.waiting.iter().map(|waiter| u64::from(waiter.width)).sum();
        waiting + u64::from(self.busy)
    }
}
