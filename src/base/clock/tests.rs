use super::*;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn simulated_time_follows_the_paused_clock() {
    let epoch: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let clock = Clock::simulated(epoch);
    tokio::time::advance(Duration::from_hours(1)).await;
    assert_eq!(clock.now().to_string(), "2026-01-01T01:00:00Z");
}
