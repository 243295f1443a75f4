//! Processor time: how much a container used, how much it may use, and whether it hogs its thread.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::UpdateDeadline;

use crate::pulse;

/// What a limited container may use at once after having been idle. Linux's default period is 100 ms; a tenth of that
/// per core keeps short answers unthrottled without letting averages drift.
const BURST: Duration = Duration::from_millis(10);

/// A throttled container sleeps at least so long, so that it does not wake for less than a tick's worth of work.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// What a container has used and may use. Wall time inside `poll` stands for processor time: reading the thread's own
/// clock is a system call per poll, which would cost a tenth of all round trips.
#[derive(Debug)]
pub(crate) struct Meter {
    used_nanos: AtomicU64,
    started: Instant,
    limit_millis: Option<u32>,
}

impl Meter {
    pub(crate) fn new(limit_millis: Option<u32>) -> Self {
        Self { used_nanos: AtomicU64::new(0), started: Instant::now(), limit_millis }
    }

    /// Processor time used since the start.
    pub(crate) fn used(&self) -> Duration {
        Duration::from_nanos(self.used_nanos.load(Ordering::Relaxed))
    }

    /// What a guest does when its tick is over: go on after the others, or after its debt is paid.
    pub(crate) fn at_tick(self: &Arc<Self>) -> UpdateDeadline {
        match self.debt() {
            None => {
                SLICE.with(|slice| slice.ticked.set(true));
                UpdateDeadline::Yield(1)
            }
            Some(debt) => UpdateDeadline::YieldCustom(1, Box::pin(Arc::clone(self).rest(debt))),
        }
    }

    /// Rests until a debt is paid, and what was added to it after the tick: the turn may have gone on for a while, as
    /// far as the clock tells, if its thread was kept from the processor or from a lock.
    async fn rest(self: Arc<Self>, debt: Duration) {
        tokio::time::sleep(debt.max(SHORTEST_SLEEP)).await;
        // Not until nothing is owed: looking costs, too, and may be more than a small share is worth.
        if let Some(more) = self.debt().filter(|more| *more > SHORTEST_SLEEP) {
            tokio::time::sleep(more).await;
        }
    }

    fn debt(&self) -> Option<Duration> {
        let limit = u64::from(self.limit_millis?.max(1));
        let slice = SLICE.with(|slice| slice.since.get().map(|since| since.elapsed()));
        let used = self.used() + slice.unwrap_or_default();
        debt(used, self.started.elapsed(), limit)
    }
}

/// How long a container that used `used` in `elapsed` must rest to be within `limit` thousandths again.
fn debt(used: Duration, elapsed: Duration, limit: u64) -> Option<Duration> {
    let limit = u128::from(limit);
    let allowed = elapsed.as_nanos().saturating_mul(limit) / 1000 + BURST.as_nanos();
    let over = used.as_nanos().checked_sub(allowed).filter(|over| *over > 0)?;
    let rest = u64::try_from(over * 1000 / limit).unwrap_or(u64::MAX);
    Some(Duration::from_nanos(rest))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What the current thread is doing for a guest. The epoch callback runs inside `poll`, on the same thread.
struct Slice {
    since: Cell<Option<Instant>>,
    ticked: Cell<bool>,
}

thread_local! {
    static SLICE: Slice = const { Slice { since: Cell::new(None), ticked: Cell::new(false) } };
}

/// How one turn of a guest went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It gave the processor back by itself, or rests until its debt is paid: it is in nobody's way.
    Waiting,
    /// It computed until its tick was over, and wants to go on.
    Computing,
}

/// Polls a guest once and bills the time to its meter.
pub(crate) fn poll_metered<F: Future + ?Sized>(
    guest: Pin<&mut F>,
    meter: &Meter,
    context: &mut Context<'_>,
) -> (Poll<F::Output>, Turn) {
    let since = Instant::now();
    SLICE.with(|slice| {
        slice.since.set(Some(since));
        slice.ticked.set(false);
    });
    let outcome = pulse::turn(|| guest.poll(context));
    let ticked = SLICE.with(|slice| {
        slice.since.set(None);
        slice.ticked.get()
    });
    meter.used_nanos.fetch_add(nanos(since.elapsed()), Ordering::Relaxed);
    (outcome, if ticked { Turn::Computing } else { Turn::Waiting })
}

#[cfg(test)]
mod tests;
