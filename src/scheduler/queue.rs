//! Whose turn it is: pods that are ready, that back off, and that wait for the cluster to change.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use client::Key;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::demand::Demand;

/// The first wait after a pod could not be placed ...
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// ... doubling to the longest; both as Kubernetes has them.
const BACKOFF_CAP: Duration = Duration::from_secs(10);
/// A pod is tried again after so long though nothing seems to have changed: a safety net against missed changes.
const UNSCHEDULABLE_MAX: Duration = Duration::from_mins(5);

/// Pods without a node. Bounded by the number of such pods.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pods: BTreeMap<Key, Waiting>,
    ready: BTreeSet<Turn>,
    /// Backing off, by the end of the wait.
    backing_off: BTreeSet<(Instant, Key)>,
    /// Waiting for a change, by the last attempt.
    unschedulable: BTreeSet<(Instant, Key)>,
}

/// How many pods wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) active: usize,
    pub(crate) backoff: usize,
    pub(crate) unschedulable: usize,
}

#[derive(Debug)]
struct Waiting {
    demand: Arc<Demand>,
    since: Instant,
    attempts: u32,
    /// When it was last tried.
    tried: Option<Instant>,
    place: Place,
}

/// Which set a pod is in.
#[derive(Debug, Clone)]
enum Place {
    Ready(Turn),
    BackingOff(Instant),
    Unschedulable(Instant),
    /// Taken out by `pop`; what becomes of it decides where it goes.
    InHand,
}

/// The order of ready pods: the important first, then the older.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    priority: Reverse<i32>,
    created: Option<Timestamp>,
    key: Key,
}

impl Queue {
    /// Adds a pod, or takes its new description; one whose spec or labels changed gets a new chance.
    pub(crate) fn set(&mut self, demand: Arc<Demand>, now: Instant) {
        let key = demand.key();
        let known = self.pods.get_mut(&key).filter(|old| old.demand.uid() == demand.uid());
        let Some(waiting) = known else {
            self.remove(&key);
            let place = Place::InHand;
            self.pods.insert(
                key.clone(),
                Waiting { demand, since: now, attempts: 0, tried: None, place },
            );
            self.make_ready(&key);
            return;
        };
        let old = std::mem::replace(&mut waiting.demand, demand);
        let changed = asks_otherwise(&old, &waiting.demand);
        match waiting.place {
            Place::Unschedulable(_) if changed => self.try_again(&key, now),
            // Its turn may have changed.
            Place::Ready(_) => {
                self.take_out(&key);
                self.make_ready(&key);
            }
            _ => (),
        }
    }

    /// Since when a pod has waited, and how often it was tried.
    pub(crate) fn waited(&self, key: &Key) -> Option<(Instant, u32)> {
        self.pods.get(key).map(|waiting| (waiting.since, waiting.attempts))
    }

    pub(crate) fn pending(&self) -> Pending {
        Pending {
            active: self.ready.len(),
            backoff: self.backing_off.len(),
            unschedulable: self.unschedulable.len(),
        }
    }

    /// Forgets a pod; answers whether it was there.
    pub(crate) fn remove(&mut self, key: &Key) -> bool {
        self.take_out(key);
        self.pods.remove(key).is_some()
    }

    /// Takes the pod whose turn it is in hand.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Arc<Demand>> {
        self.flush(now);
        let turn = self.ready.pop_first()?;
        let waiting = self.pods.get_mut(&turn.key)?;
        waiting.place = Place::InHand;
        waiting.attempts += 1;
        waiting.tried = Some(now);
        Some(Arc::clone(&waiting.demand))
    }

    /// Puts back a pod in hand that fits nowhere: it waits for a change.
    pub(crate) fn refuse(&mut self, key: &Key, now: Instant) {
        if let Some(waiting) = self.pods.get_mut(key) {
            waiting.place = Place::Unschedulable(now);
            self.unschedulable.insert((now, key.clone()));
        }
    }

    /// Puts back a pod in hand whose binding failed: it waits for its back-off only.
    pub(crate) fn retry(&mut self, key: &Key, uid: &str, now: Instant) {
        let in_hand = self.pods.get(key).is_some_and(|waiting| {
            matches!(waiting.place, Place::InHand) && waiting.demand.uid() == uid
        });
        if in_hand {
            self.try_again(key, now);
        }
    }

    /// Gives every pod that waits for a change a new chance.
    pub(crate) fn retry_all(&mut self, now: Instant) {
        for (_, key) in std::mem::take(&mut self.unschedulable) {
            self.try_again(&key, now);
        }
    }

    /// When a pod becomes ready by itself.
    pub(crate) fn next_wake(&self) -> Option<Instant> {
        let backed_off = self.backing_off.first().map(|(until, _)| *until);
        let forgotten = self.unschedulable.first().map(|(since, _)| *since + UNSCHEDULABLE_MAX);
        backed_off.into_iter().chain(forgotten).min()
    }

    fn flush(&mut self, now: Instant) {
        while let Some((until, key)) = self.backing_off.first().cloned()
            && until <= now
        {
            self.take_out(&key);
            self.make_ready(&key);
        }
        while let Some((since, key)) = self.unschedulable.first().cloned()
            && since + UNSCHEDULABLE_MAX <= now
        {
            self.try_again(&key, now);
        }
    }

    /// Makes a pod ready, or lets it back off until it may be.
    fn try_again(&mut self, key: &Key, now: Instant) {
        self.take_out(key);
        let Some(waiting) = self.pods.get_mut(key) else { return };
        let until = waiting.tried.map(|tried| tried + backoff(waiting.attempts));
        match until.filter(|until| *until > now) {
            Some(until) => {
                waiting.place = Place::BackingOff(until);
                self.backing_off.insert((until, key.clone()));
            }
            None => self.make_ready(key),
        }
    }

    fn make_ready(&mut self, key: &Key) {
        let Some(waiting) = self.pods.get_mut(key) else { return };
        let created = waiting.demand.pod.metadata.creation_timestamp.as_ref();
        let turn = Turn {
            priority: Reverse(waiting.demand.priority()),
            created: created.map(|time| time.0),
            key: key.clone(),
        };
        waiting.place = Place::Ready(turn.clone());
        self.ready.insert(turn);
    }

    /// Takes a pod out of the set it is in.
    fn take_out(&mut self, key: &Key) {
        let Some(waiting) = self.pods.get_mut(key) else { return };
        match std::mem::replace(&mut waiting.place, Place::InHand) {
            Place::Ready(turn) => self.ready.remove(&turn),
            Place::BackingOff(until) => self.backing_off.remove(&(until, key.clone())),
            Place::Unschedulable(since) => self.unschedulable.remove(&(since, key.clone())),
            Place::InHand => false,
        };
    }
}

/// The wait after so many attempts.
fn backoff(attempts: u32) -> Duration {
    let doubled = 2u32.saturating_pow(attempts.saturating_sub(1));
    BACKOFF_FIRST.saturating_mul(doubled).min(BACKOFF_CAP)
}

/// Whether a pod's change may let it be placed; that of its status, which the scheduler writes itself, may not.
fn asks_otherwise(old: &Demand, new: &Demand) -> bool {
    old.pod.spec != new.pod.spec || old.pod.metadata.labels != new.pod.metadata.labels
}

#[cfg(test)]
mod tests;
