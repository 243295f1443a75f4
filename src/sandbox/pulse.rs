//! Whether any guest computes, so that the epoch's thread can sleep while none does: an idle node wakes up for nothing.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};

/// What the threads that run guests tell the epoch's thread.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    beats: Mutex<Vec<Arc<Beat>>>,
    asleep: AtomicBool,
    sleeper: OnceLock<Thread>,
}

/// One thread's turns: odd while a guest has one. Written by its thread only.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Beat(AtomicU64);

thread_local! {
    static BEAT: RefCell<Option<(Arc<Beat>, Arc<Pulse>)>> = const { RefCell::new(None) };
}

impl Pulse {
    /// Makes the calling thread one of those that run guests.
    pub(crate) fn join(self: &Arc<Self>) {
        let beat = Arc::new(Beat::default());
        self.beats.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&beat));
        BEAT.set(Some((beat, Arc::clone(self))));
    }

    /// The turns so far, or nothing while a guest has one.
    pub(crate) fn turns(&self) -> Option<u64> {
        let beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        beats.iter().try_fold(0_u64, |sum, beat| {
            let turns = beat.0.load(Ordering::SeqCst);
            turns.is_multiple_of(2).then(|| sum.wrapping_add(turns))
        })
    }

    /// Sleeps until a guest gets a turn. Only one thread may call this.
    pub(crate) fn sleep(&self) {
        self.sleeper.get_or_init(thread::current);
        self.asleep.store(true, Ordering::SeqCst);
        // A turn that began before the flag was up is seen here; one that begins later sees the flag.
        if self.turns().is_some() {
            thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Wakes the sleeper, if it sleeps.
    pub(crate) fn wake(&self) {
        if self.asleep.load(Ordering::SeqCst)
            && let Some(sleeper) = self.sleeper.get()
        {
            sleeper.unpark();
        }
    }
}

/// Runs a guest's turn on the calling thread.
pub(crate) fn turn<T>(guest: impl FnOnce() -> T) -> T {
    let _turn = Turn::begin();
    guest()
}

/// Ends also when the guest's host code panics.
struct Turn;

impl Turn {
    fn begin() -> Self {
        beat(Pulse::wake);
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        beat(|_| ());
    }
}

fn beat(then: impl FnOnce(&Pulse)) {
    BEAT.with_borrow(|beat| {
        if let Some((beat, pulse)) = beat {
            let turns = beat.0.load(Ordering::Relaxed);
            beat.0.store(turns.wrapping_add(1), Ordering::SeqCst);
            then(pulse);
        }
    });
}

#[cfg(test)]
mod tests;
