//! The seats of the server, and who may take one now.
//!
//! A level has so many of its own, lends some while it does not need them, and borrows up to its ceiling what
//! others do not need. What a level does not lend is there for it at once, whatever the others do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use base::Sample;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::queues::{Queues, Waiter};

/// A level that has limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LevelId(usize);

/// The limits of a level, in seats. Clones of the same are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// What is its own.
    pub(super) nominal: u32,
    /// What it does not lend.
    pub(super) guaranteed: u32,
    /// What it may have, borrowed seats included.
    pub(super) ceiling: u32,
    /// Zero: who finds no seat is sent away.
    pub(super) queues: u32,
    pub(super) hand: u32,
    pub(super) queue_length: u32,
}

/// All seats. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Seats(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    total: u32,
    busy: u32,
    waiting: usize,
    next_id: u64,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    name: String,
    /// Whether the cluster still has it.
    live: bool,
    limits: Limits,
    busy: u32,
    queues: Option<Queues>,
}

/// How a level stands.
pub(super) struct Usage {
    pub(super) busy: u32,
    pub(super) waiting: u32,
    pub(super) nominal: u32,
}

/// Whether there is a seat.
#[derive(Debug)]
pub(super) enum Room {
    Free(Seat),
    /// Not now; the ticket says when.
    Later(Ticket),
    /// No, and the level has no queues.
    Full,
    /// No, and too many wait.
    QueueFull,
}

/// Seats that are taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Seats,
    claim: Claim,
    since: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Claim {
    level: LevelId,
    queue: usize,
    width: u32,
}

/// A place in a queue, given up when this is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    seats: Seats,
    claim: Claim,
    id: u64,
    turn: oneshot::Receiver<()>,
    /// Whether the turn has come and the seat is somebody's.
    used: bool,
}

impl Seats {
    pub(super) fn new(total: u32) -> Self {
        let state = State { total, busy: 0, waiting: 0, next_id: 0, levels: Vec::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn total(&self) -> u32 {
        self.lock().total
    }

    /// The levels there are from now on.
    pub(super) fn set_levels(&self, levels: Vec<(&str, Limits)>) -> HashMap<String, LevelId> {
        let mut state = self.lock();
        for level in &mut state.levels {
            level.live = false;
        }
        let mut ids = HashMap::new();
        for (name, limits) in levels {
            ids.insert(name.to_owned(), state.set_level(name, limits));
        }
        state.dispatch();
        ids
    }

    /// Takes so many seats, or a place in the queue that the flow's lot leads to.
    pub(super) fn take(&self, level: LevelId, lot: u64, width: u32) -> Room {
        let mut state = self.lock();
        let own = &state.levels[level.0];
        // Nobody asks for more than there will ever be.
        let width = width.min(own.limits.nominal).max(1);
        let queue = own.queues.as_ref().map_or(0, |queues| queues.choose(lot));
        let claim = Claim { level, queue, width };
        let others_wait = own.queues.as_ref().is_some_and(|queues| queues.waiting() > 0);
        if !others_wait && state.may_start(level, width) {
            state.start(claim);
            drop(state);
            return Room::Free(self.seat(claim));
        }
        let id = state.next_id;
        state.next_id += 1;
        let Some(queues) = state.levels[level.0].queues.as_mut() else { return Room::Full };
        if !queues.has_room(queue) {
            return Room::QueueFull;
        }
        let (sender, turn) = oneshot::channel();
        queues.push(queue, Waiter { id, width, turn: sender });
        state.waiting += 1;
        state.dispatch();
        drop(state);
        Room::Later(Ticket { seats: self.clone(), claim, id, turn, used: false })
    }

    pub(super) fn samples(&self, value: impl Fn(&Usage) -> u32) -> Vec<Sample> {
        let state = self.lock();
        let live = state.levels.iter().filter(|level| level.live);
        live.map(|level| (vec![level.name.clone()], f64::from(value(&level.usage())))).collect()
    }

    fn seat(&self, claim: Claim) -> Seat {
        Seat { seats: self.clone(), claim, since: Instant::now() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it holds the seats")
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let took = self.since.elapsed();
        let mut state = self.seats.lock();
        if let Some(queues) = &mut state.levels[self.claim.level.0].queues {
            queues.ended(self.claim.queue, self.claim.width, took);
        }
        state.give_back(self.claim);
    }
}

impl Ticket {
    /// Waits for the seat.
    pub(super) async fn turn(mut self) -> Seat {
        // The sender goes only with the level's queues, and then everybody in them goes on.
        let _granted = (&mut self.turn).await;
        self.used = true;
        self.seats.seat(self.claim)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.used {
            return;
        }
        let mut state = self.seats.lock();
        let queues = state.levels[self.claim.level.0].queues.as_mut();
        if queues.is_some_and(|queues| queues.remove(self.claim.queue, self.id)) {
            state.waiting -= 1;
        } else {
            // The turn had come just now.
            state.give_back(self.claim);
        }
    }
}

impl State {
    fn set_level(&mut self, name: &str, limits: Limits) -> LevelId {
        let known = self.levels.iter().position(|level| level.name == name);
        let unused = || self.levels.iter().position(|level| !level.live && level.usage().is_idle());
        let Some(place) = known.or_else(unused) else {
            self.levels.push(Level::new(name, limits));
            return LevelId(self.levels.len() - 1);
        };
        let level = &mut self.levels[place];
        name.clone_into(&mut level.name);
        level.live = true;
        level.limits = limits;
        let Limits { queues, hand, queue_length, .. } = limits;
        let fits = match &level.queues {
            Some(own) => queues > 0 && own.has_shape(queues, hand, queue_length),
            None => queues == 0,
        };
        if !fits {
            let waiting = self.release_queue(place);
            self.waiting -= waiting;
        }
        LevelId(place)
    }

    /// Makes the queues of a level anew; those who waited go on at once, which a change of configuration may cost.
    fn release_queue(&mut self, place: usize) -> usize {
        let level = &mut self.levels[place];
        let made = Level::new("", level.limits).queues;
        let Some(mut old) = std::mem::replace(&mut level.queues, made) else { return 0 };
        let mut released = 0;
        while let Some((queue, width)) = old.next() {
            let Some(waiter) = old.pop(queue) else { break };
            released += 1;
            level.busy += width;
            self.busy += width;
            // Whoever is gone gives back what was taken, as a ticket whose turn had come.
            let _gone = waiter.turn.send(());
        }
        released
    }

    /// Whether a level may take so many seats more.
    fn may_start(&self, level: LevelId, width: u32) -> bool {
        let own = &self.levels[level.0];
        let wanted = own.busy + width;
        if wanted <= own.limits.guaranteed {
            return true;
        }
        let others = self.levels.iter().enumerate().filter(|(place, _)| *place != level.0);
        let reserved: u32 = others
            .filter(|(_, other)| other.live)
            .map(|(_, other)| other.limits.guaranteed.saturating_sub(other.busy))
            .sum();
        wanted <= own.limits.ceiling && self.busy + width + reserved <= self.total
            // Even the smallest level serves one.
            || own.busy == 0 && own.limits.nominal > 0 && self.busy < self.total
    }

    fn start(&mut self, claim: Claim) {
        let level = &mut self.levels[claim.level.0];
        level.busy += claim.width;
        self.busy += claim.width;
        if let Some(queues) = &mut level.queues {
            queues.started(claim.queue, claim.width);
        }
    }

    fn give_back(&mut self, claim: Claim) {
        self.levels[claim.level.0].busy -= claim.width;
        self.busy -= claim.width;
        self.dispatch();
    }

    /// Lets in whoever may start now: first levels that have not got what is theirs, then those that borrow.
    fn dispatch(&mut self) {
        while self.waiting > 0 {
            let Some((level, queue, width)) = self.next(false).or_else(|| self.next(true)) else {
                return;
            };
            let queues = self.levels[level.0].queues.as_mut();
            let Some(waiter) = queues.and_then(|queues| queues.pop(queue)) else { return };
            self.waiting -= 1;
            self.start(Claim { level, queue, width });
            // Whoever gave up gives the seat back when its ticket is dropped.
            let _gone = waiter.turn.send(());
        }
    }

    fn next(&self, borrowing: bool) -> Option<(LevelId, usize, u32)> {
        (0..self.levels.len()).find_map(|place| {
            let level = &self.levels[place];
            let (queue, width) = level.queues.as_ref()?.next()?;
            let owns = level.busy + width <= level.limits.nominal;
            let id = LevelId(place);
            (owns != borrowing && self.may_start(id, width)).then_some((id, queue, width))
        })
    }
}

impl Level {
    fn new(name: &str, limits: Limits) -> Self {
        let queues = (limits.queues > 0)
            .then(|| Queues::new(limits.queues, limits.hand, limits.queue_length));
        Self { name: name.to_owned(), live: true, limits, busy: 0, queues }
    }

    fn usage(&self) -> Usage {
        Usage {
            busy: self.busy,
            waiting: self.queues.as_ref().map_or(0, Queues::waiting),
            nominal: self.limits.nominal,
        }
    }
}

impl Usage {
    fn is_idle(&self) -> bool {
        self.busy == 0 && self.waiting == 0
    }
}
