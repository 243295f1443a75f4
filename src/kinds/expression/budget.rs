//! What an evaluation may cost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kube_cel::cel::ExecutionError;
use kube_cel::cel::objects::Opaque;
use tokio::time::Instant;

/// Steps of loops for all expressions about one request. A step costs about a microsecond.
const STEPS_MAX: u64 = 1_000_000;
/// Bytes of text and entries of lists that expressions about one request may make.
const BYTES_MAX: u64 = 64 << 20;
/// A loop over a large object copies more than its steps tell; other requests of this thread wait meanwhile.
const TIME_MAX: Duration = Duration::from_millis(500);

/// What is left for the expressions about one request.
#[derive(Debug)]
pub struct Budget {
    steps: AtomicU64,
    bytes: AtomicU64,
    end: Instant,
}

impl Default for Budget {
    fn default() -> Self {
        let end = Instant::now() + TIME_MAX;
        Self { steps: AtomicU64::new(STEPS_MAX), bytes: AtomicU64::new(BYTES_MAX), end }
    }
}

impl Budget {
    /// All that one request may cost.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one step of a loop.
    pub(super) fn step(&self) -> Result<(), ExecutionError> {
        if take(&self.steps, 1) && Instant::now() <= self.end { Ok(()) } else { exhausted() }
    }

    /// Makes something of this size.
    pub(super) fn make(&self, bytes: u64) -> Result<(), ExecutionError> {
        if take(&self.bytes, bytes) { Ok(()) } else { exhausted() }
    }
}

fn take(from: &AtomicU64, amount: u64) -> bool {
    let left = |left: u64| left.checked_sub(amount);
    from.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
}

fn exhausted() -> Result<(), ExecutionError> {
    Err(ExecutionError::function_error("budget", EXHAUSTED))
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
