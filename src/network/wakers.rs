//! The tasks that wait for one thing.

use std::task::{Context, Waker};

/// A guest polls a stream from one task, a host-side user from two or three. Beyond this number the longest waiting one
/// is woken early and registers again: wasted work, but bounded memory, even for futures that bring a new waker each.
const LIMIT: usize = 32;

/// Wakers, each once; nothing is allocated for the usual single one.
#[derive(Debug, Default)]
pub(crate) struct Wakers {
    first: Option<Waker>,
    more: Vec<Waker>,
}

impl Wakers {
    /// Remembers the task of `cx`.
    pub(crate) fn register(&mut self, cx: &Context<'_>) {
        let waker = cx.waker();
        let Some(first) = &self.first else {
            self.first = Some(waker.clone());
            return;
        };
        if first.will_wake(waker) || self.more.iter().any(|other| other.will_wake(waker)) {
            return;
        }
        if self.more.len() + 1 == LIMIT {
            self.more.remove(0).wake();
        }
        self.more.push(waker.clone());
    }

    /// Takes all of them, to be woken after the lock is released.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Wakes all of them.
    pub(crate) fn wake(self) {
        if let Some(first) = self.first {
            first.wake();
        }
        for waker in self.more {
            waker.wake();
        }
    }
}
