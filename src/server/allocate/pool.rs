//! What is taken of one range: each thing by one owner at a time.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Mutex;

use base::Random;
use tokio::time::Instant;

/// Random draws before the range is searched in order: at half full, all fail once in 2^16 times.
const DRAWS: u32 = 16;

/// Things of a range, each with who has it.
#[derive(Debug)]
pub(super) struct Pool<T>(Mutex<BTreeMap<T, Hold>>);

/// Why a thing is not free.
#[derive(Debug)]
struct Hold {
    /// `namespace/name` of the Service.
    owner: String,
    /// Whether the stored Service names it.
    stored: bool,
    /// Writes under way that would store it.
    claims: Vec<Claim>,
}

#[derive(Debug)]
struct Claim {
    id: u64,
    /// Since when nobody waits for the write any more, though it may still happen.
    abandoned: Option<Instant>,
}

/// Somebody else has it.
#[derive(Debug)]
pub(super) struct Taken;

impl<T: Ord + Clone + Debug> Pool<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Claims one thing for a write.
    pub(super) fn claim(&self, thing: T, owner: &str, id: u64) -> Result<(), Taken> {
        let mut taken = self.taken();
        let hold = taken.entry(thing).or_insert_with(|| Hold::new(owner));
        if hold.owner != owner {
            return Err(Taken);
        }
        hold.claims.push(Claim { id, abandoned: None });
        Ok(())
    }

    /// Claims any free thing among `first..=last`, which `at` turns into things.
    pub(super) fn draw(
        &self,
        random: &Random,
        (first, last): (u64, u64),
        at: impl Fn(u64) -> T,
        owner: &str,
        id: u64,
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
        let mut hold = Hold::new(owner);
        hold.claims.push(Claim { id, abandoned: None });
        taken.insert(free.clone(), hold);
        Some(free)
    }

    /// Takes back the claim of a write that is over, or keeps it while nobody knows.
    pub(super) fn release(&self, thing: &T, id: u64, in_doubt_since: Option<Instant>) {
        self.change(thing, |hold| {
            if in_doubt_since.is_none() {
                hold.claims.retain(|claim| claim.id != id);
            }
            let own = hold.claims.iter_mut().filter(|claim| claim.id == id);
            own.for_each(|claim| claim.abandoned = in_doubt_since);
        });
    }

    /// Drops the claims that were abandoned long enough ago.
    pub(super) fn settle(&self, long_enough: impl Fn(Instant) -> bool) {
        self.taken().retain(|_, hold| {
            hold.claims.retain(|claim| !claim.abandoned.is_some_and(&long_enough));
            hold.is_held()
        });
    }

    /// The stored Service of this owner names the thing.
    pub(super) fn store(&self, thing: T, owner: &str) {
        let mut taken = self.taken();
        let hold = taken.entry(thing).or_insert_with(|| Hold::new(owner));
        // Two stored Services with one thing can only come from elsewhere; the first keeps it.
        if hold.owner == owner || !hold.stored {
            owner.clone_into(&mut hold.owner);
            hold.stored = true;
        }
    }

    /// The stored Service of this owner does not name the thing any more.
    pub(super) fn unstore(&self, thing: &T, owner: &str) {
        self.change(thing, |hold| {
            if hold.owner == owner {
                hold.stored = false;
            }
        });
    }

    fn change(&self, thing: &T, change: impl FnOnce(&mut Hold)) {
        let mut taken = self.taken();
        let Some(hold) = taken.get_mut(thing) else { return };
        change(hold);
        if !hold.is_held() {
            taken.remove(thing);
        }
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, BTreeMap<T, Hold>> {
        self.0.lock().expect("nothing panics while holding it")
    }
}

impl Hold {
    fn new(owner: &str) -> Self {
        Self { owner: owner.to_owned(), stored: false, claims: Vec::new() }
    }

    fn is_held(&self) -> bool {
        self.stored || !self.claims.is_empty()
    }
}
