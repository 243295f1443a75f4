//! A work queue of keys: each waits at most once and never runs twice at the same time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::Metrics;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::queue_counts::{QueueCounts, UnderWay};

/// First delay after a failure; Kubernetes' own workqueues start there too.
const RETRY_FIRST: Duration = Duration::from_millis(5);
/// Longest delay after failures: a broken object is still looked at every quarter of an hour.
pub(crate) const RETRY_CAP: Duration = Duration::from_secs(1000);
/// After a plan that found the world changed, look again this soon: the caches are about to show the change.
const STALE_RETRY: Duration = Duration::from_millis(50);
/// After so many such plans in a row it is not the caches that lag: the delay doubles each time.
const STALE_PATIENCE: u32 = 5;

/// Longest time a key waits because of a plan: users say how long some things last, and no clock goes on for ever.
const DELAY_CAP: Duration = Duration::from_hours(24 * 365);

/// Rest between two runs of a key that changed meanwhile: a thousand pods that become ready one after another cost their
/// owner fifty runs a second, not a thousand; a person notices nothing.
const REST: Duration = Duration::from_millis(20);

/// Keys to work on. Bounded by the number of distinct keys. Clones share it.
pub struct Queue<K>(Arc<Shared<K>>);

struct Shared<K> {
    state: Mutex<State<K>>,
    wake: Notify,
    counts: QueueCounts,
    /// Longest delay after failures.
    retry_cap: Duration,
}

struct State<K> {
    /// In the order they were added, with the time of that.
    ready: VecDeque<(K, Instant)>,
    /// The content of `ready`.
    queued: BTreeSet<K>,
    running: BTreeSet<K>,
    /// Added while running; queued again when done.
    dirty: BTreeSet<K>,
    /// Asked for while running, and not yet rested; asking again changes nothing.
    resting: BTreeSet<K>,
    delayed: BTreeSet<(Instant, K)>,
    /// The time under which a key is in `delayed`.
    due: BTreeMap<K, Instant>,
    failures: BTreeMap<K, u32>,
    /// Plans in a row that found the world changed.
    stale: BTreeMap<K, u32>,
}

impl<K> Clone for Queue<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Ord + Clone> Default for Queue<K> {
    fn default() -> Self {
        let counts = QueueCounts::new(&Metrics::default(), &UnderWay::default(), "");
        Self::new(counts, RETRY_CAP)
    }
}

impl<K: Ord + Clone> Queue<K> {
    /// A queue that is counted, and whose keys wait no longer than `retry_cap` after failures.
    pub(crate) fn new(counts: QueueCounts, retry_cap: Duration) -> Self {
        let state = State {
            ready: VecDeque::new(),
            queued: BTreeSet::new(),
            running: BTreeSet::new(),
            dirty: BTreeSet::new(),
            resting: BTreeSet::new(),
            delayed: BTreeSet::new(),
            due: BTreeMap::new(),
            failures: BTreeMap::new(),
            stale: BTreeMap::new(),
        };
        let (state, wake) = (Mutex::new(state), Notify::new());
        Self(Arc::new(Shared { state, wake, counts, retry_cap }))
    }
}

impl<K> fmt::Debug for Queue<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl<K: Ord + Clone> Queue<K> {
    /// Asks for work on a key, now or when its current run is done.
    pub fn add(&self, key: K) {
        if self.with(|state| state.add(key, Instant::now())) {
            self.0.counts.added();
            self.0.wake.notify_one();
        }
    }

    /// Asks for work on a key after a delay, at most a year; an earlier request stands.
    pub fn add_after(&self, key: K, delay: Duration) {
        self.with(|state| state.delay(key, Instant::now() + delay.min(DELAY_CAP)));
        self.0.wake.notify_one();
    }

    /// Asks for work on a key after the delay its failures have earned.
    pub fn retry(&self, key: K) {
        self.0.counts.retried();
        let delay = self.with(|state| {
            let failures = state.failures.entry(key.clone()).or_default();
            *failures = failures.saturating_add(1);
            RETRY_FIRST.saturating_mul(1_u32.checked_shl(*failures - 1).unwrap_or(u32::MAX))
        });
        self.add_after(key, delay.min(self.0.retry_cap));
    }

    /// Asks for work on a key that was found to have changed, when the change should be seen.
    pub fn retry_stale(&self, key: K) {
        let beyond = self.with(|state| {
            let stale = state.stale.entry(key.clone()).or_default();
            *stale = stale.saturating_add(1);
            stale.saturating_sub(STALE_PATIENCE)
        });
        let delay = STALE_RETRY.saturating_mul(1_u32.checked_shl(beyond).unwrap_or(u32::MAX));
        self.add_after(key, delay.min(self.0.retry_cap));
    }

    /// Forgets a key's failures.
    pub fn forget(&self, key: &K) {
        self.with(|state| {
            state.failures.remove(key);
            state.stale.remove(key);
        });
    }

    /// Waits for the next key, which then counts as running until [`Queue::done`].
    pub async fn next(&self) -> K {
        loop {
            let (key, next_due) = self.with(|state| (state.take(Instant::now()), state.next_due()));
            if let Some((key, since, more)) = key {
                self.0.counts.taken(since.elapsed(), self.depth());
                // Somebody else must mind the other keys and times while this one runs.
                if more || next_due.is_some() {
                    self.0.wake.notify_one();
                }
                return key;
            }
            let woken = self.0.wake.notified();
            match next_due {
                Some(due) => {
                    tokio::select! {
                        biased;
                        () = woken => {}
                        () = tokio::time::sleep_until(due) => {}
                    }
                }
                None => woken.await,
            }
        }
    }

    /// Ends a key's run; one that was asked for meanwhile runs again after a short rest.
    pub fn done(&self, key: &K) {
        if self.with(|state| state.done(key, Instant::now())) {
            self.0.wake.notify_one();
        }
    }

    /// How many keys wait to run now.
    pub fn depth(&self) -> usize {
        self.with(|state| state.ready.len())
    }

    fn with<T>(&self, change: impl FnOnce(&mut State<K>) -> T) -> T {
        change(&mut self.0.state.lock().expect("the queue is changed by code that does not panic"))
    }
}

impl<K: Ord + Clone> State<K> {
    /// True when somebody should wake up.
    fn add(&mut self, key: K, now: Instant) -> bool {
        if self.resting.contains(&key) {
            return false;
        }
        if let Some(due) = self.due.remove(&key) {
            self.delayed.remove(&(due, key.clone()));
        }
        if self.running.contains(&key) {
            self.dirty.insert(key);
            return false;
        }
        let new = self.queued.insert(key.clone());
        if new {
            self.ready.push_back((key, now));
        }
        new
    }

    fn delay(&mut self, key: K, due: Instant) {
        if self.queued.contains(&key) || self.dirty.contains(&key) {
            return;
        }
        if let Some(earlier) = self.due.get(&key).copied() {
            if earlier <= due {
                return;
            }
            self.delayed.remove(&(earlier, key.clone()));
        }
        self.due.insert(key.clone(), due);
        self.delayed.insert((due, key));
    }

    /// The next key, since when it waits, and whether there is another.
    fn take(&mut self, now: Instant) -> Option<(K, Instant, bool)> {
        while let Some((due, _)) = self.delayed.first()
            && *due <= now
        {
            let (_, key) = self.delayed.pop_first()?;
            self.due.remove(&key);
            self.resting.remove(&key);
            self.add(key, now);
        }
        let (key, since) = self.ready.pop_front()?;
        self.queued.remove(&key);
        self.running.insert(key.clone());
        Some((key, since, !self.ready.is_empty()))
    }

    fn next_due(&self) -> Option<Instant> {
        self.delayed.first().map(|(due, _)| *due)
    }

    /// True when somebody should look at the times again.
    fn done(&mut self, key: &K, now: Instant) -> bool {
        self.running.remove(key);
        let again = self.dirty.remove(key);
        if again {
            self.delay(key.clone(), now + REST);
            self.resting.insert(key.clone());
        }
        again
    }
}

#[cfg(test)]
mod tests;
