//! Decides whether an occurrence is a new event, one more of an old one, or too many.
//!
//! Three rules keep a busy object from flooding the store: the same words again raise a count; many different messages
//! for one reason become one combined event; and each object has a budget that refills slowly.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{Occurrence, Severity};

/// Remembered series; the oldest are forgotten, and a repeat of those is a new event. Kubernetes' clients keep as many.
const REMEMBERED: usize = 4096;
/// Different messages for one object and reason before they are combined ...
const SIMILAR: u32 = 10;
/// ... when they come within this time of each other.
const SIMILAR_WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// Events an object may cause at once ...
const BUDGET: u32 = 25;
/// ... and how long it takes to earn one more.
const REFILL: SignedDuration = SignedDuration::from_mins(5);

/// What to do with an occurrence.
#[derive(Debug)]
pub(super) enum Decision {
    /// Write a new event.
    Create(Series),
    /// Raise the count of an event that exists.
    Count(Series),
    /// The object has used up its budget.
    Drop,
}

/// One event and how often it happened.
#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) occurrence: Occurrence,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) count: i32,
}

/// Who and what an event is about: object, part, reason, colour.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    kind: String,
    namespace: String,
    name: String,
    uid: String,
    part: String,
    reason: String,
    severity: Option<Severity>,
}

#[derive(Debug, Default)]
pub(super) struct Correlator {
    series: Remembered<(Subject, String), Series>,
    similar: Remembered<Subject, Similar>,
    budgets: Remembered<Subject, Budget>,
}

#[derive(Debug)]
struct Similar {
    messages: u32,
    last: Timestamp,
}

#[derive(Debug)]
struct Budget {
    left: u32,
    refilled: Timestamp,
}

impl Correlator {
    pub(super) fn decide(&mut self, mut occurrence: Occurrence, now: Timestamp) -> Decision {
        if !self.spend(&occurrence, now) {
            return Decision::Drop;
        }
        let subject = Subject::of(&occurrence);
        let mut message = occurrence.message.clone();
        if self.combines(&subject, &message, now) {
            occurrence.message = format!("(combined from similar events): {message}");
            message = String::new();
        }
        let key = (subject, message);
        if let Some(series) = self.series.get(&key) {
            series.count = series.count.saturating_add(1);
            series.last = now;
            series.occurrence = occurrence;
            return Decision::Count(series.clone());
        }
        let name = name(&occurrence, now);
        let series = Series { name, occurrence, first: now, last: now, count: 1 };
        self.series.put(key, series.clone());
        Decision::Create(series)
    }

    /// Whether a message joins the combined event of its subject.
    fn combines(&mut self, subject: &Subject, message: &str, now: Timestamp) -> bool {
        if self.series.get(&(subject.clone(), message.to_owned())).is_some() {
            return false;
        }
        if let Some(similar) = self.similar.get(subject) {
            let recent = now.duration_since(similar.last) <= SIMILAR_WINDOW;
            similar.messages = if recent { similar.messages.saturating_add(1) } else { 1 };
            similar.last = now;
            return similar.messages > SIMILAR;
        }
        self.similar.put(subject.clone(), Similar { messages: 1, last: now });
        false
    }

    fn spend(&mut self, occurrence: &Occurrence, now: Timestamp) -> bool {
        let subject = Subject::of_object(occurrence);
        let Some(budget) = self.budgets.get(&subject) else {
            self.budgets.put(subject, Budget { left: BUDGET - 1, refilled: now });
            return true;
        };
        let earned = now.duration_since(budget.refilled).as_secs() / REFILL.as_secs();
        if earned > 0 {
            let earned = u32::try_from(earned).unwrap_or(BUDGET);
            budget.left = budget.left.saturating_add(earned).min(BUDGET);
            budget.refilled = now;
        }
        let affordable = budget.left > 0;
        budget.left = budget.left.saturating_sub(1);
        affordable
    }
}

impl Subject {
    fn of(occurrence: &Occurrence) -> Self {
        Self {
            reason: occurrence.reason.clone(),
            part: occurrence.regarding.field_path.clone().unwrap_or_default(),
            severity: Some(occurrence.severity),
            ..Self::of_object(occurrence)
        }
    }

    fn of_object(occurrence: &Occurrence) -> Self {
        let about = &occurrence.regarding;
        Self {
            kind: about.kind.clone().unwrap_or_default(),
            namespace: about.namespace.clone().unwrap_or_default(),
            name: about.name.clone().unwrap_or_default(),
            uid: about.uid.clone().unwrap_or_default(),
            part: String::new(),
            reason: String::new(),
            severity: None,
        }
    }
}

/// Unique enough: the object's name and the time to the nanosecond.
fn name(occurrence: &Occurrence, now: Timestamp) -> String {
    let object = occurrence.regarding.name.as_deref().unwrap_or("unknown");
    format!("{object}.{:016x}", now.as_nanosecond())
}

/// A map that forgets what was put first.
#[derive(Debug)]
struct Remembered<K, V> {
    entries: BTreeMap<K, V>,
    order: VecDeque<K>,
}

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), order: VecDeque::new() }
    }
}

impl<K: Ord + Clone, V> Remembered<K, V> {
    fn get(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    fn put(&mut self, key: K, value: V) {
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests;
