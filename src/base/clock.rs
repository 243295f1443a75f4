//! One clock that certificates, back-off and timestamps all obey.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the wall time: the system's, or one that follows tokio's (pausable) clock from a fixed epoch.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Simulated { epoch: Timestamp, start: Instant },
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Begins at `epoch` and advances with tokio's clock, which a test can pause.
    pub fn simulated(epoch: Timestamp) -> Self {
        Self(Source::Simulated { epoch, start: Instant::now() })
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place that reads the system's clock"
            )]
            Source::System => Timestamp::now(),
            Source::Simulated { epoch, start } => {
                let elapsed = SignedDuration::try_from(start.elapsed())
                    .expect("a simulation lasts less than 292 billion years");
                *epoch + elapsed
            }
        }
    }
}

#[cfg(test)]
mod tests;
