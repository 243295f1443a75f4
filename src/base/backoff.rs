//! Waiting longer after each failure.

use std::time::Duration;

/// Delays that double from `initial` up to `cap`.
#[derive(Debug, Clone)]
pub struct Backoff {
    initial: Duration,
    cap: Duration,
    next: Duration,
}

impl Backoff {
    /// Starts at `initial` and never exceeds `cap`.
    pub fn new(initial: Duration, cap: Duration) -> Self {
        Self { initial, cap, next: initial }
    }

    /// The delay to wait now; the one after it is twice as long.
    pub fn next_delay(&mut self) -> Duration {
        let now = self.next;
        self.next = now.saturating_mul(2).min(self.cap);
        now
    }

    /// Starts over after a success.
    pub fn reset(&mut self) {
        self.next = self.initial;
    }
}

#[cfg(test)]
mod tests;
