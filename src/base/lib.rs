//! What std lacks and several crates need: clock, randomness, owned tasks, back-off, metrics.

mod backoff;
mod clock;
mod metrics;
mod random;
mod tasks;

pub use backoff::Backoff;
pub use clock::Clock;
pub use metrics::{Counter, Family, Gauge, Held, Histogram, Metrics, Sample, Sort};
pub use random::Random;
pub use tasks::Tasks;
pub use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
