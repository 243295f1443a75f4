//! Waiting for something to become so, without sleeping blindly.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;

/// Nothing here takes so long, not even on a machine that is on its knees.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// Between two looks: short against what is waited for, long against what a look costs.
const BETWEEN: Duration = Duration::from_millis(25);

/// Looks until the answer is good; an answer that is not says what is still the matter.
pub(crate) async fn until<T, E: Display>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(matter) if Instant::now() > deadline => panic!("waited for {what}: {matter}"),
            Err(_) => tokio::time::sleep(BETWEEN).await,
        }
    }
}
