//! What an evaluation may cost.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kube_cel::cel::ExecutionError;
use kube_cel::cel::objects::Opaque;
use tokio::time::Instant;

/// Steps of loops, calls and readings for all expressions about one request. A step costs about a microsecond.
const STEPS_MAX: u64 = 1_000_000;
/// Bytes of text and entries of lists that expressions about one request may make.
const BYTES_MAX: u64 = 64 << 20;
/// Comparisons that cost as much as a step.
const COMPARED_AT_ONCE: u64 = 32;
/// Of processors: a step over a large object copies more than it tells; other requests of this thread wait meanwhile.
const TIME_MAX: Duration = Duration::from_millis(500);
/// What is done whatever the clocks say.
const STEPS_SMALL: u64 = 64;
const BYTES_SMALL: u64 = 1 << 20;

/// What is left for the expressions about one request.
#[derive(Debug)]
pub struct Budget {
    steps: AtomicU64,
    bytes: AtomicU64,
    /// What processors have done.
    nanos: AtomicU64,
    /// Before this moment no processor can have done too much. It is cheaper to know than what one has done.
    end: Instant,
    /// Whether something was too dear. Nothing is evaluated after that.
    is_spent: AtomicBool,
}

impl Default for Budget {
    fn default() -> Self {
        let end = Instant::now() + TIME_MAX;
        let (steps, bytes) = (AtomicU64::new(STEPS_MAX), AtomicU64::new(BYTES_MAX));
        Self { steps, bytes, nanos: AtomicU64::new(0), end, is_spent: AtomicBool::new(false) }
    }
}

impl Budget {
    /// All that one request may cost.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does some of the work for the request. Its time counts as long as the thread has a processor: who must wait for
    /// one is not to blame.
    pub(crate) fn spend<T>(&self, work: impl FnOnce() -> T) -> T {
        // Within other work for the request.
        if BILLED.get().is_some() {
            return work();
        }
        BILLED.set(Some(thread_time()));
        let _turn = Turn(self);
        work()
    }

    /// What processors have done, this thread's until now.
    fn time(&self) -> Duration {
        let mut nanos = 0;
        if let Some(billed) = BILLED.get() {
            let now = thread_time();
            BILLED.set(Some(now));
            nanos = u64::try_from(now.saturating_sub(billed).as_nanos()).unwrap_or(u64::MAX);
        }
        Duration::from_nanos(self.nanos.fetch_add(nanos, Ordering::Relaxed).saturating_add(nanos))
    }

    /// Takes one step: of a loop, of a call, or to something that has a name.
    pub(crate) fn step(&self) -> Result<(), ExecutionError> {
        self.take(&self.steps, 1)
    }

    /// Compares something with so many others.
    pub(super) fn compare(&self, others: usize) -> Result<(), ExecutionError> {
        self.take(&self.steps, 1 + others as u64 / COMPARED_AT_ONCE)
    }

    /// Makes something of this size.
    pub(crate) fn make(&self, bytes: u64) -> Result<(), ExecutionError> {
        self.take(&self.bytes, bytes)
    }

    /// Whether something was too dear, even if an expression could do without it.
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent.load(Ordering::Relaxed)
    }

    /// Whether so little has been done that a machine which stood still meanwhile is no reason to end it.
    fn is_small(&self) -> bool {
        let left = |of: &AtomicU64| of.load(Ordering::Relaxed);
        left(&self.steps) >= STEPS_MAX - STEPS_SMALL && left(&self.bytes) >= BYTES_MAX - BYTES_SMALL
    }

    fn take(&self, from: &AtomicU64, amount: u64) -> Result<(), ExecutionError> {
        let in_time = || Instant::now() <= self.end || self.time() <= TIME_MAX;
        if !self.is_spent() && take(from, amount) && (self.is_small() || in_time()) {
            return Ok(());
        }
        self.is_spent.store(true, Ordering::Relaxed);
        Err(ExecutionError::function_error("budget", EXHAUSTED))
    }
}

thread_local! {
    /// While this thread works for a request: which of its time has been counted.
    static BILLED: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// A thread's work. It ends, and is counted, also when the interpreter panics.
struct Turn<'a>(&'a Budget);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.time();
        BILLED.set(None);
    }
}

/// For how long this thread has had a processor.
#[cfg(unix)]
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Elsewhere all time counts.
#[cfg(not(unix))]
fn thread_time() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    START.elapsed()
}

fn take(from: &AtomicU64, amount: u64) -> bool {
    let left = |left: u64| left.checked_sub(amount);
    from.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
}

/// What an expression that cost too much fails with.
pub const EXHAUSTED: &str = "operation cancelled: actual cost limit exceeded";

impl PartialEq for Budget {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Budget {}

impl Opaque for Budget {
    fn runtime_type_name(&self) -> &'static str {
        "isopod.dev/Budget"
    }
}

#[cfg(test)]
mod tests;
