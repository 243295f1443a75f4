//! What std lacks and several crates need: clock, randomness, owned tasks, back-off.

mod backoff;
mod clock;
mod random;
mod tasks;

pub use backoff::Backoff;
pub use clock::Clock;
pub use random::Random;
pub use tasks::Tasks;
pub use tokio_util::sync::CancellationToken;
