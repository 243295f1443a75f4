//! What others have answered, remembered for a while: so many answers at most, of which those go first that nobody has
//! asked for the longest.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

/// The digest of a question: questions may be long.
pub(crate) type Key = [u8; 32];

/// Answers by their questions.
#[derive(Debug)]
pub(crate) struct Answers<T> {
    most: usize,
    known: Mutex<Known<T>>,
}

#[derive(Debug)]
struct Known<T> {
    by_key: HashMap<Key, Remembered<T>>,
    /// Who was asked for when; the first is the one that goes first.
    by_use: BTreeMap<u64, Key>,
    uses: u64,
}

#[derive(Debug)]
struct Remembered<T> {
    answer: T,
    until: Instant,
    used: u64,
}

impl<T: Clone> Answers<T> {
    pub(crate) fn new(most: usize) -> Self {
        let known = Known { by_key: HashMap::new(), by_use: BTreeMap::new(), uses: 0 };
        Self { most, known: Mutex::new(known) }
    }

    /// The answer, if it still counts.
    pub(crate) fn get(&self, key: &Key) -> Option<T> {
        let mut known = self.known();
        let now = known.next_use();
        let found = known.by_key.get_mut(key)?;
        let before = std::mem::replace(&mut found.used, now);
        let fresh = Instant::now() < found.until;
        let answer = fresh.then(|| found.answer.clone());
        known.by_use.remove(&before);
        if fresh {
            known.by_use.insert(now, *key);
        } else {
            known.by_key.remove(key);
        }
        answer
    }

    /// Remembers an answer for so long.
    pub(crate) fn add(&self, key: Key, answer: T, lifetime: Duration) {
        if lifetime.is_zero() {
            return;
        }
        let mut known = self.known();
        let used = known.next_use();
        let remembered = Remembered { answer, until: Instant::now() + lifetime, used };
        if let Some(before) = known.by_key.insert(key, remembered) {
            known.by_use.remove(&before.used);
        }
        known.by_use.insert(used, key);
        if known.by_key.len() > self.most
            && let Some((_, oldest)) = known.by_use.pop_first()
        {
            known.by_key.remove(&oldest);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known<T>> {
        self.known.lock().expect("nobody panics with it")
    }
}

impl<T> Known<T> {
    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }
}

#[cfg(test)]
mod tests;
