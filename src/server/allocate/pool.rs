//! What is taken of one range: each thing by one owner at a time.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Mutex;

use base::Random;

/// Random draws before the range is searched in order: at half full, all fail once in 2^16 times.
const DRAWS: u32 = 16;

/// Things of a range, each with its owner, `namespace/name` of the Service.
#[derive(Debug)]
pub(super) struct Pool<T>(Mutex<BTreeMap<T, String>>);

/// Somebody else has it.
#[derive(Debug)]
pub(super) struct Taken;

impl<T: Ord + Clone + Debug> Pool<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Takes one thing; false when the owner already had it.
    pub(super) fn take(&self, thing: T, owner: &str) -> Result<bool, Taken> {
        let mut taken = self.taken();
        match taken.get(&thing) {
            Some(holder) if holder == owner => Ok(false),
            Some(_) => Err(Taken),
            None => {
                taken.insert(thing, owner.to_owned());
                Ok(true)
            }
        }
    }

    /// Takes any free thing among `first..=last`, which `at` turns into things; the rest of the range,
    /// `0..first`, is used when those are gone.
    pub(super) fn draw(
        &self,
        random: &Random,
        (first, last): (u64, u64),
        at: impl Fn(u64) -> T,
        owner: &str,
    ) -> Option<T> {
        if last < first {
            return None;
        }
        let span = last - first + 1;
        let mut taken = self.taken();
        let draws = (0..DRAWS).map(|_| first + random.below(span));
        // One more than what is taken must hold a free one, unless the range ends before.
        let enough = usize::try_from(span).unwrap_or(usize::MAX).min(taken.len() + 1);
        let in_order = (first..=last).take(enough);
        let free = draws.chain(in_order).map(at).find(|thing| !taken.contains_key(thing))?;
        taken.insert(free.clone(), owner.to_owned());
        Some(free)
    }

    /// Gives a thing back, if this owner has it.
    pub(super) fn release(&self, thing: &T, owner: &str) {
        let mut taken = self.taken();
        if taken.get(thing).is_some_and(|holder| holder == owner) {
            taken.remove(thing);
        }
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, BTreeMap<T, String>> {
        self.0.lock().expect("nothing panics while holding it")
    }
}
